import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

/** A file system of its own that is soon full. */
export interface SmallDisk {
  /** Fills it but for some bytes. */
  fill(leftBytes: number): void;
  /** Takes away what filled it. */
  empty(): void;
}

/** Puts a small file system over an empty folder until the test has finished; without the right to do so the test is skipped. */
export function useSmallDisk(context: TestContext, folder: string, bytes: number): SmallDisk {
  if (process.getuid?.() !== 0) context.skip('only root can mount a small file system');
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) context.skip(`a small file system cannot be mounted here: ${stderr.trim()}`);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  const ballast = join(folder, '.ballast');
  const empty = (): void => rmSync(ballast, { force: true });
  return {
    empty,
    fill(leftBytes) {
      empty();
      const { bavail, bsize } = statfsSync(folder);
      const size = Math.max(0, bavail * bsize - leftBytes);
      // Whoever else writes meanwhile may make it end early.
      spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M', `count=${size}`, 'iflag=count_bytes']);
    },
  };
}
