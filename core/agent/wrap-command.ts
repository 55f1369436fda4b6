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
 * earlier command left behind keeps others out (Linux, drivers/char/virtio_console.c: EBUSY).
 */
export function wrapForChannels(command: WrappedCommand, slot: number, token: string): string[] {
  const { begin, end } = buildStreamMarks(token);
  const script = `: ${buildRunMark(slot, token)}
d=/dev/virtio-ports/dev.bothy. i=$d'in${slot}' o=$d'out${slot}' e=$d'err${slot}'
[ -c "$o" ] || for p in /sys/class/virtio-ports/*; do
read -r n <"$p/name" && case $n in
dev.bothy.in${slot}) i=/dev/\${p##*/} ;;
dev.bothy.out${slot}) o=/dev/\${p##*/} ;;
dev.bothy.err${slot}) e=/dev/\${p##*/} ;;
esac
done 2>/dev/null
[ -c "$o" ] && [ -c "$e" ] && [ -c "$i" ] || exit ${wrapperExit.noChannels}
${command.prelude === undefined ? '' : `{ ${command.prelude}\n} </dev/null >/dev/null 2>&1`}
{
printf '${octal(begin)}'
printf '${octal(begin)}' >&2
trap : HUP INT QUIT TERM
${setUp(command, buildRunMark(slot, token))}${call(command)}
c=$?
printf '${octal(end)}%s\\036' "$c"
printf '${octal(end)}%s\\036' "$c" >&2
exit 0
} >"$o" 2>"$e" <${command.hasInput === true ? '"$i"' : '/dev/null'}
exit ${wrapperExit.channelsTaken}`;
  return [script, 'bothy', ...command.argv];
}

/** The same without channels: the agent keeps the output, and the shell becomes the command. */
export function wrapForCapture(command: WrappedCommand, token: string): string[] {
  const prelude = command.prelude === undefined ? '' : `{ ${command.prelude}\n} </dev/null >/dev/null 2>&1\n`;
  return ['-c', `${prelude}${setUp(command, buildRunMark(9, token))}exec "$@"`, 'bothy', ...command.argv];
}

/** Environment and folder. A folder that is not there ends the command as one that cannot be run: 126. */
function setUp({ env = [], workdir }: WrappedCommand, mark: string): string {
  const entries = [...env, `${runVariable}=${mark}`].map((entry) => {
    const equals = entry.indexOf('=');
    return `${entry.slice(0, equals)}=${quoteForShell([entry.slice(equals + 1)])}`;
  });
  const change = workdir === undefined ? '' : `cd -- ${quoteForShell([workdir])} && `;
  return `export ${entries.join(' ')}\n${change === '' ? '' : `${change}`}`;
}

/** The command line; `script` (util-linux) gives it a terminal, which `stty` sizes first. */
function call({ argv, terminal }: WrappedCommand): string {
  if (terminal !== undefined) {
    const size = `stty rows ${terminal.rows} cols ${terminal.columns}`;
    const inside = `${size} 2>/dev/null; exec ${quoteForShell(argv)}`;
    return `if command -v script >/dev/null; then SHELL=/bin/sh script -qefc ${quoteForShell([inside])} /dev/null
else echo 'bothy: a terminal takes the program "script" (util-linux), which is not in this guest' >&2; (exit 126); fi`;
  }
  return shellWords.has(argv[0]) ? '("$@")' : '"$@"';
}

/** Words that would change or end the wrapper's own shell: in another shell they do what they do there. */
const shellWords = new Set([
  ...['.', ':', 'break', 'builtin', 'cd', 'command', 'continue', 'eval', 'exec', 'exit', 'export', 'local', 'read', 'readonly'],
  ...['return', 'set', 'shift', 'source', 'times', 'trap', 'ulimit', 'umask', 'unset', 'wait'],
]);

/** The record separator as `printf` reads it. */
function octal(mark: string): string {
  return mark.replaceAll('\x1e', '\\036');
}
