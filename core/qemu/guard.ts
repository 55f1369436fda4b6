import { join } from 'node:path';
import { runtimeFile } from '../storage/file-names.ts';
import type { ProcessIdentity } from './qemu-process.ts';

/** When a QEMU is to be killed although nobody asks. */
export interface Guard {
  /** Whether it ends with the process that starts it. */
  readonly hasOwner: boolean;
  /** It ends after this time; null when it has all the time there is. */
  readonly seconds: number | null;
}

/** Where the watcher hears of its owner's end: the file descriptor after QEMU's own. */
export const lifelineDescriptor = 4;

/**
 * The command line that starts QEMU with a watcher: a shell that forks the watcher and becomes QEMU, so that both are there from
 * the first moment on and QEMU has the process id that was spawned. Guarded is what has a file `guard` in its runtime folder.
 */
export function addGuard(argv: readonly string[], runtimeFolder: string, guard: Guard): string[] {
  const start = [
    `( exec ${findSource(guard)} >/dev/null 2>&1 3<&- ${lifelineDescriptor}<&-`,
    ...buildWait(guard, '$$'),
    'read -r pid name state parent rest </proc/self/stat',
    '[ "$parent" = $$ ] && kill -9 $$',
    `) & exec "$@" ${lifelineDescriptor}<&-`,
  ].join('\n');
  return ['/bin/sh', '-c', start, join(runtimeFolder, runtimeFile.guard), ...argv];
}

/**
 * The command line of a watcher for a QEMU that runs already, and was started by somebody else. It kills what has the same pid only if it was
 * started at the same time (proc(5), stat field 22). Guarded is what has a file `guard-heir` in its runtime folder.
 */
export function buildLaterGuard({ pid, startTicks }: ProcessIdentity, runtimeFolder: string, guard: Guard): string[] {
  const watch = [
    `exec ${findSource(guard)} ${lifelineDescriptor}<&-`,
    ...buildWait(guard, String(pid)),
    `read -r stat </proc/${pid}/stat || exit`,
    `set -- \${stat##*) }`,
    `[ "\${20}" = ${startTicks} ] && kill -9 ${pid}`,
  ].join('\n');
  return ['/bin/sh', '-c', watch, join(runtimeFolder, runtimeFile.heirGuard)];
}

function findSource({ hasOwner }: Guard): string {
  return hasOwner ? `<&${lifelineDescriptor}` : '</dev/null';
}

/**
 * What a watcher does first: it waits, and ends when QEMU is guarded no more. Its waiting ends when QEMU does: the owner closes the line
 * then, and tail(1) sees to it where there is no owner.
 */
function buildWait({ hasOwner, seconds }: Guard, pid: string): string[] {
  const wait = hasOwner ? 'cat' : `tail -f --pid=${pid} /dev/null`;
  // 124 is timeout's own code for an end by time, 143 that of busybox.
  const isOver = hasOwner ? '0|124|143' : '124|143';
  return [
    seconds === null
      ? 'read -r line'
      : `timeout ${Math.max(1, Math.ceil(seconds))} ${wait}; case $? in ${isOver}) ;; *) exit ;; esac`,
    '[ -e "$0" ] || exit',
  ];
}
