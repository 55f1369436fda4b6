import { join } from 'node:path';
import { runtimeFile } from '../storage/file-names.ts';

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
export function addGuard(argv: readonly string[], runtimeFolder: string, { hasOwner, seconds }: Guard): string[] {
  const source = hasOwner ? `<&${lifelineDescriptor}` : '</dev/null';
  const start = [
    `( exec ${source} >/dev/null 2>&1 3<&- ${lifelineDescriptor}<&-`,
    ...buildWatch(hasOwner, seconds),
    `) & exec "$@" ${lifelineDescriptor}<&-`,
  ].join('\n');
  return ['/bin/sh', '-c', start, join(runtimeFolder, runtimeFile.guard), ...argv];
}

/**
 * What the watcher does, a child of QEMU: it waits, then kills QEMU if that is still its parent and still guarded. Its waiting
 * ends when QEMU does: the owner closes the line then, and tail(1) sees to it where there is no owner.
 */
function buildWatch(hasOwner: boolean, seconds: number | null): string[] {
  const wait = hasOwner ? 'cat' : 'tail -f --pid=$$ /dev/null';
  // 124 is timeout's own code for an end by time, 143 that of busybox.
  const isOver = hasOwner ? '0|124|143' : '124|143';
  return [
    seconds === null
      ? 'read -r line'
      : `timeout ${Math.max(1, Math.ceil(seconds))} ${wait}; case $? in ${isOver}) ;; *) exit ;; esac`,
    '[ -e "$0" ] || exit',
    'read -r pid name state parent rest </proc/self/stat',
    '[ "$parent" = $$ ] && kill -9 $$',
  ];
}
