import { quoteForShell } from '../qemu/quote-for-shell.ts';

/** What the wrapper is built from; `prelude` is shell text that runs before the command, its output thrown away. */
export interface WrappedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env?: readonly string[] | undefined;
  readonly workdir?: string | undefined;
  readonly hasInput?: boolean | undefined;
  readonly terminal?: { readonly columns: number; readonly rows: number } | undefined;
  readonly prelude?: string | undefined;
}

/** What the guest's shell exits with when there was no way to the channels: held by somebody else, or not there at all. */
export const wrapperExit = { channelsTaken: 97, noChannels: 98 } as const;

/** The variable by which everything a command starts is found again; its value is the mark of one run. */
const runVariable = 'BOTHY_RUN';

/** The name of one run in the guest: the slot it has the channels of, and its token. */
export function buildRunMark(slot: number, token: string): string {
  return `bothy-run-${slot}-${token}`;
}

/** What stands around an output: before its first byte, and after its last one, followed by the exit code and another `\x1e`. */
export function buildStreamMarks(token: string): { readonly begin: string; readonly end: string } {
  return { begin: `\x1e${token}<`, end: `\x1e${token}>` };
}

/**
 * The script, the shell's own name and the words that make `/bin/sh` run a command with its input and output on the channels of a slot. Plain POSIX shell, and no process is
 * started beside the command itself: under emulation each costs milliseconds. A port can be opened once at a time, so what an
 * earlier command left behind keeps others out (Linux, drivers/char/virtio_console.c: EBUSY). The shell's own standard error is not the
 * command's, or it would say there how a command was ended.
 */
export function wrapForChannels(command: WrappedCommand, slot: number, token: string): string[] {
  const { begin, end } = buildStreamMarks(token);
  const script = `: ${buildRunMark(slot, token)}
${runPrelude(command)}d=/dev/virtio-ports/dev.bothy. i=$d'in${slot}' o=$d'out${slot}' e=$d'err${slot}'
[ -c "$o" ] || for p in /sys/class/virtio-ports/*; do
read -r n <"$p/name" && case $n in
dev.bothy.in${slot}) i=/dev/\${p##*/} ;;
dev.bothy.out${slot}) o=/dev/\${p##*/} ;;
dev.bothy.err${slot}) e=/dev/\${p##*/} ;;
esac
done 2>/dev/null
[ -c "$o" ] && [ -c "$e" ] && [ -c "$i" ] || exit ${wrapperExit.noChannels}
{
printf '${octal(begin)}'
printf '${octal(begin)}' >&3
trap : HUP INT QUIT TERM
${exportAll(command, buildRunMark(slot, token))}
${inFolder(
  command,
  `${call(command)} 2>&3 3>&-
c=$?`,
)}
printf '${octal(end)}%s\\036' "$c"
printf '${octal(end)}%s\\036' "$c" >&3
exit 0
} >"$o" 3>"$e" 2>/dev/null <${command.hasInput === true ? '"$i"' : '/dev/null'}
exit ${wrapperExit.channelsTaken}`;
  return [script, 'bothy', ...command.argv];
}

/** The same without channels: the agent keeps the output, and the shell becomes the command. */
export function wrapForCapture(command: WrappedCommand, token: string): string[] {
  const change =
    command.workdir === undefined
      ? ''
      : `cd -- ${quoteForShell([command.workdir])} 2>/dev/null || { ${sayNoFolder(command.workdir)} >&2; exit 126; }\n`;
  return [
    '-c',
    `${runPrelude(command)}${exportAll(command, buildRunMark(9, token))}\n${change}exec "$@"`,
    'bothy',
    ...command.argv,
  ];
}

/** First of all: it may use any variable of the shell. */
function runPrelude({ prelude }: WrappedCommand): string {
  return prelude === undefined ? '' : `{ ${prelude}\n} </dev/null >/dev/null 2>&1\n`;
}

function exportAll({ env = [] }: WrappedCommand, mark: string): string {
  const entries = [...env, `${runVariable}=${mark}`].map((entry) => {
    const equals = entry.indexOf('=');
    return `${entry.slice(0, equals)}=${quoteForShell([entry.slice(equals + 1)])}`;
  });
  return `export ${entries.join(' ')}`;
}

/** A folder that is not there ends the command as one that cannot be run: 126. */
function inFolder({ workdir }: WrappedCommand, script: string): string {
  if (workdir === undefined) return script;
  return `if cd -- ${quoteForShell([workdir])}; then\n${script}\nelse ${sayNoFolder(workdir)} >&3; c=126; fi`;
}

/** The shell's own words for it begin with where its script comes from. */
function sayNoFolder(workdir: string): string {
  return `echo ${quoteForShell([`${workdir}: no folder in the guest that can be entered`])}`;
}

/** The command, in a process that becomes it; `script` (util-linux) gives it a terminal, which `stty` sizes first. */
function call({ argv, terminal }: WrappedCommand): string {
  if (terminal !== undefined) {
    const size = `stty rows ${terminal.rows} cols ${terminal.columns}`;
    const inside = `${size} 2>/dev/null; exec ${quoteForShell(argv)}`;
    return `(if command -v script >/dev/null; then SHELL=/bin/sh exec script -qefc ${quoteForShell([inside])} /dev/null; fi
echo 'bothy: a terminal takes the program "script" (util-linux), which is not in this guest' >&2
exit 126)`;
  }
  // The shell's own words for it begin with where its script comes from.
  return `(if [ -d "$1" ] && [ -z "\${1##*/*}" ]; then echo "$1: a folder in the guest, not a program" >&2; exit 126; fi
command -v "$1" >/dev/null || { echo "$1: not found in the guest" >&2; exit 127; }
exec "$@")`;
}

/** The record separator as `printf` reads it. */
function octal(mark: string): string {
  return mark.replaceAll('\x1e', '\\036');
}
