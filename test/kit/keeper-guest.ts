import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The code of test/fixtures/keeper-guest/keeper-guest.s, assembled as its comment says. */
export const keeperCode = Buffer.from(
  'McCO2I7AjtC8AHz8xwYwAJp9ozIAuvoDsAHuSu6y/LAL7uQhJO/mITHAvwCBuQAf86rGBgCBEMYGAoEBvqd96C8BvwCA6EUBPAp0A6rr9sYFAIA+AIBwdDyA' +
    'PgCAZ3RkgD4AgGMPhJMAgD4AgHd10mb/BgCYZqEAmGYl/wMAAGYFAAEAALsAmOioALr9A+yoAXTd662+AYC/AJC5HwCsqoTAdALi+DDA86pmuIAAAAC7AJDo' +
    'fQC+r33otQC+AJDorwDrZr60feinAL4BgOihAL4AkOiNALKAUma4gAAAALsAlLFC6GUAvgCU6HYAWv7CiNAsgDoGdQRy3usuvrl96G8AvgGA6GkAsCDobwC5' +
    'CABmix4AmGbBwwSI2CQPBDA8OXYCBCfoVADi677CfehBAOkP/7KAsUNmYOgQAGZh/sKI1YDtgDoudQRy7MOJHgSBZqMIgYjMsAC+AIHNE3McsCHrGbAg6BQA' +
    'gDwAdQSwLesLrITAdAXoAwDr9sNSULr9A+yoIHT7WLr4A+5aw/q6/QPsqAF1C/v06/NQsCDmIFjP+7r4A+zDcmVhZHkNCgBwdXQgAGdvdCAAY291bnRlZCAA' +
    'DQoA',
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
