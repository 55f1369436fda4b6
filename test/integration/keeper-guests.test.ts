import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { vmBooted, vmDefined } from '../kit/keeper.ts';
import { keeperCode } from '../kit/keeper-guest.ts';
import { listTickArguments, startPauseMeter } from '../kit/pause-meter.ts';
import { findTool, requireOrSkip } from '../kit/require-tool.ts';
import { skipWithoutGuests } from '../kit/skip-without-guests.ts';
import { useTestHome } from '../kit/test-home.ts';
import { useCore } from '../kit/use-core.ts';

test('the boot sector keeps a text in memory and on both disks', async () => {
  const { core, machine, scratch } = useCore();
  const keeper = await vmDefined(core, scratch, 'tiny', { guest: 'tiny', disks: 2 });
  await keeper.boot();
  expect(await keeper.get()).toEqual({ memory: null, disks: [null, null] });
  await keeper.put('first');
  await keeper.put('second');
  expect(await keeper.get()).toEqual({ memory: 'second', disks: ['second', 'second'] });
  await machine.kill({ machine: 'tiny' }, {});
  await keeper.boot();
  expect(await keeper.get()).toEqual({ memory: null, disks: ['second', 'second'] });
});

test('the code of the boot sector is what its source builds to', (context) => {
  const { scratch } = useTestHome();
  for (const tool of ['as', 'ld']) requireOrSkip(context, findTool(tool) !== undefined, `${tool} (binutils) is not installed`);
  const [object, binary] = [join(scratch, 'guest.o'), join(scratch, 'guest')];
  execFileSync('as', ['--32', 'test/fixtures/keeper-guest/keeper-guest.s', '-o', object]);
  execFileSync('ld', ['-m', 'elf_i386', '-Ttext', '0x7c00', '--oformat', 'binary', object, '-o', binary]);
  expect(readFileSync(binary).toString('base64')).toBe(keeperCode.toString('base64'));
});

test('the Linux guest keeps a text, and its ticks show a pause that its own clock does not', async (context) => {
  skipWithoutGuests(context);
  const { core, machine, scratch } = useCore();
  const options = { guest: 'linux', disks: 2, extraArguments: listTickArguments(scratch) } as const;
  const keeper = await vmBooted(core, scratch, 'linux', options);
  await keeper.put('a-text');
  expect(await keeper.get()).toEqual({ memory: 'a-text', disks: ['a-text', 'a-text'] });

  const meter = await startPauseMeter(keeper, scratch);
  onTestFinished(() => meter.stop());
  await machine.pause({ machine: 'linux' }, {});
  // Not a wait for something: it is what is measured.
  await sleep(pauseMs);
  await machine.resume({ machine: 'linux' }, {});
  await keeper.get();
  const gaps = await meter.ask();
  expect(gaps.hostMs).toBeGreaterThanOrEqual(pauseMs);
  expect(gaps.guestMs).toBeLessThan(pauseMs);
});

const pauseMs = 1000;
