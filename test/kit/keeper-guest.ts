import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The code of test/fixtures/keeper-guest/keeper-guest.s, assembled as its comment says. */
export const keeperCode = Buffer.from(
  'McCO2I7AjtC8AHz8uvoDsAHusDTmQ7Cp5kCwBOZAMcC/AIG5AB/zqsYGAIEQxgYCgQG+lH3oLwG/AIDoRQE8CnQDquv2xgUAgD4AgHB0PIA+AIBn' +
    'dGSAPgCAYw+EkwCAPgCAd3XSZv8GAJhmoQCYZiX/AwAAZgUAAQAAuwCY6KgAuv0D7KgBdN3rrb4BgL8AkLkfAKyqhMB0AuL4MMDzqma4gAAAALsA' +
    'kOh9AL6cfei1AL4AkOivAOtmvqF96KcAvgGA6KEAvgCQ6I0AsoBSZriAAAAAuwCUsULoZQC+AJTodgBa/sKI0CyAOgZ1BHLe6y6+pn3obwC+AYDo' +
    'aQCwIOhvALkIAGaLHgCYZsHDBIjYJA8EMDw5dgIEJ+hUAOLrvq996EEA6Q//soCxQ2Zg6BAAZmH+wojVgO2AOi51BHLsw4keBIFmowiBiMywAL4A' +
    'gc0TcxywIesZsCDoFACAPAB1BLAt6wushMB0BegDAOv2w1JQuv0D7KggdPtYuvgD7lrDuv0D7KgBdQT79Ov0uvgD7MNyZWFkeQ0KAHB1dCAAZ290' +
    'IABjb3VudGVkIAANCgA=',
  'base64',
);

/** The first sector of a disk with the guest. */
export const bootSector = Buffer.alloc(512);
keeperCode.copy(bootSector);
bootSector.write('\x55\xaa', 510, 'latin1');

/** Where the guest keeps its text on a disk, in bytes. */
export const keptOffset = 128 * 512;

/** Where its numbers begin that it counts up, one a sector, and how many places they go round. */
export const countOffset = 256 * 512;
export const countSlots = 1024;

/** Puts the guest's boot sector onto an empty disk. */
export function writeKeeperGuest(disk: string, scratch: string): void {
  const file = join(scratch, 'boot-sector');
  writeFileSync(file, bootSector);
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', `write -s ${file} 0 512`, disk], { stdio: 'pipe' });
}
