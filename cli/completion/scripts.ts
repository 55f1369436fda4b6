/** The completion script of each shell. They only ask `bothy __complete` what fits, so they never go out of date. */
export const completionScripts: Readonly<Record<string, string>> = {
  bash: `# bash completion for bothy
_bothy() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      compopt -o default
      COMPREPLY=()
      return
    fi
    line=\${line%%$'\\t'*}
    [[ $line == *= ]] && compopt -o nospace
    [[ \${COMP_WORDS[COMP_CWORD]} == [\\"\\']* ]] || printf -v line %q "$line"
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _bothy bothy
`,
  zsh: `#compdef bothy
_bothy() {
  local line value
  local -a plain open
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    if [[ $line == :file ]]; then
      _files
      return
    fi
    value="\${\${line%%$'\\t'*}//:/\\\\:}"
    [[ $line == *$'\\t'* ]] && value+=":\${line#*$'\\t'}"
    if [[ \${line%%$'\\t'*} == *= ]]; then open+=("$value"); else plain+=("$value"); fi
  done
  (( \${#open} )) && _describe -t settings setting open -S ''
  (( \${#plain} )) && _describe -t words word plain
}
if [[ $funcstack[1] == _bothy ]]; then
  _bothy "$@"
else
  compdef _bothy bothy
fi
`,
  fish: `# fish completion for bothy
function __bothy_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (command $words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = :file
      __fish_complete_path (commandline -ct)
      return
    end
    echo $line
  end
end
complete -c bothy -f -a '(__bothy_complete)'
`,
};
