import { parkedMark } from './park-shell.ts';
import { runScript } from './run-script.ts';
import { buildRunMark } from './wrap-command.ts';

/** One run in the guest, by which all it started is found. */
export interface RunInGuest {
  readonly runtimeFolder: string;
  readonly slot: number;
  readonly token: string;
  /** The wrapper's process id in the guest; null when the agent did not say. */
  readonly pid: number | null;
  /** Whether the wrapper is a shell that waited for it, whose own command line knows nothing of the run. */
  readonly isParked: boolean;
}

/**
 * Sends a signal to everything a command started, but not to the wrapper, which then tells how it ended: all descendants of the
 * wrapper, and all that have its mark in their environment, as what went into the background has.
 */
export async function signalRun(run: RunInGuest, signal: 'TERM' | 'KILL'): Promise<void> {
  await runScript(
    run.runtimeFolder,
    `${findRun}for p in $tree; do [ "$p" = "$w" ] || kill -s ${signal} "$p"; done 2>/dev/null`,
    words(run),
  );
}

/** Whether the wrapper is still there to tell how the command ends. */
export async function isRunAlive(run: RunInGuest): Promise<boolean> {
  const { exitCode } = await runScript(run.runtimeFolder, `${findWrapper}[ -n "$w" ]`, words(run));
  return exitCode === 0;
}

/** Ends what held a slot's channels for somebody who is gone; what a command left in the background by will is let be. */
export async function clearSlot(runtimeFolder: string, slot: number): Promise<void> {
  const script = `${findRun}for p in $tree; do kill -s KILL "$p"; done 2>/dev/null`;
  await runScript(runtimeFolder, script, words({ slot, token: '', isParked: false }));
}

/** The same for a process that the agent started itself, and its descendants. */
export async function signalTree(runtimeFolder: string, pid: number, signal: 'TERM' | 'KILL'): Promise<void> {
  await runScript(runtimeFolder, `tree=" $1 "\n${growTree()}for p in $tree; do kill -s ${signal} "$p"; done 2>/dev/null`, [
    String(pid),
  ]);
}

/** In the terminal of a run, the size it has from now on. */
export async function resizeRun(run: RunInGuest, columns: number, rows: number): Promise<void> {
  const script = `${findRun}for p in $tree; do
t=$(readlink "/proc/$p/fd/0") && case $t in /dev/pts/*) stty rows "$r" cols "$c" <"$t" && exit ;; esac
done 2>/dev/null`;
  await runScript(run.runtimeFolder, script, [...words(run), String(rows), String(columns)]);
}

/**
 * What the wrapper has in its command line, and what it gives to all it starts, each in two parts: whole, the script that looks for
 * it would find itself.
 */
function words({ slot, token, isParked }: Pick<RunInGuest, 'slot' | 'token' | 'isParked'>): string[] {
  const mark = buildRunMark(slot, token);
  return [isParked ? parkedMark : mark, mark].flatMap((whole) => [whole.slice(0, 6), whole.slice(6)]);
}

/** `w` is the wrapper's process id, empty when it is gone: the one with the mark in its command line. */
const findWrapper = `m=$3$4
w=$(printf %s "$1$2" | grep -Flsf - /proc/[0-9]*/cmdline) w=\${w%%/cmdline*} w=\${w#/proc/}
`;

/** `tree` are the process ids of a run whose wrapper lives, each between blanks, its own among them. */
const findRun = `${findWrapper}[ -n "$w" ] || exit 0
r=$5 c=$6 tree=" $w "
for f in $(printf %s "$m" | grep -Flsf - /proc/[0-9]*/environ); do f=\${f%/environ}; tree="$tree\${f#/proc/} "; done
${growTree()}`;

/** Adds all descendants of those in `tree`; takes the shell's positional parameters for itself. */
function growTree(): string {
  return `more=1
while [ -n "$more" ]; do
more=
for f in /proc/[0-9]*/stat; do
read -r line <"$f" || continue
p=\${f%/stat} p=\${p#/proc/}
set -- \${line##*) }
case $tree in *" $p "*) ;; *" $2 "*) tree="$tree$p " more=1 ;; esac
done 2>/dev/null
done
`;
}
