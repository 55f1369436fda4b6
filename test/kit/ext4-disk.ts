import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { qemuImg } from './disk-images.ts';
import { findTool } from './require-tool.ts';

/** Replaces a disk by a qcow2 image with an empty ext4 file system. */
export function writeExt4Disk(disk: string, bytes: number, scratch: string): void {
  const raw = join(scratch, 'ext4.raw');
  writeFileSync(raw, '');
  truncateSync(raw, bytes);
  execFileSync(findMke2fs(), ['-q', '-F', '-t', 'ext4', raw], { stdio: 'pipe' });
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', raw, disk);
  rmSync(raw);
}

/** It belongs to every Debian, in a folder that may not be on an ordinary user's PATH. */
function findMke2fs(): string {
  const path = findTool('mke2fs') ?? ['/usr/sbin/mke2fs', '/sbin/mke2fs'].find((file) => existsSync(file));
  if (path === undefined) throw new Error('mke2fs (e2fsprogs) is not installed');
  return path;
}
