import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The code of test/fixtures/serial-guest/serial-guest.s, assembled as its comment says. */
const code = Buffer.from(
  '+jHAjtC8AHAx27r4DGa4QPgAgGbvuvwMZrgBBgAAZu+6+AxmuET4AIBm77r8DGa4gAAAAGbvugIGuAAB777TAOiCALr9A+yoAXQXuvgD7DwEdE' +
    'k8BXROPAZ1BLMB6wPoUgDkZKgBdB3kYIjFsDzoQwCI6MDoBOgzAIjoJA/oLACwPugvALoABu2pAAF0tbgAAe++2wDoLQCE23WnugQGuAAg7+ue' +
    'sHjoCgDr+QQwPDl2AgQniMG6/QPsqCB0+7r4A4jI7sMuigSEwHQG6OX/Ruvzw3JlYWR5DQoAYnV0dG9uDQoA',
  'base64',
);

/** Writes the guest as a 64 KiB ROM and gives the settings of a machine that runs it. */
export function useSerialGuest(folder: string) {
  const rom = Buffer.alloc(64 * 1024);
  code.copy(rom);
  // The first instruction of the CPU: a jump to the beginning.
  rom[0xfff0] = 0xe9;
  rom.writeUInt16LE(0x10000 - 0xfff3, 0xfff1);
  const path = join(folder, 'serial-guest.rom');
  writeFileSync(path, rom);
  return {
    source: { type: 'empty' },
    memoryMiB: 64,
    cpus: 1,
    diskSize: 0,
    accelerator: 'tcg',
    extraArguments: ['-bios', path] as string[],
    start: true,
  } as const;
}
