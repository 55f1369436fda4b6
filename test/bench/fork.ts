import { createCore } from '../../core/create-core.ts';
import { vmBooted } from '../kit/keeper.ts';
import { listTickArguments, startPauseMeter } from '../kit/pause-meter.ts';
import type { TestHome } from '../kit/test-home.ts';
import { median, report, roundsOf } from './measure.ts';

/** How long a running guest stands still while it is forked, by its own ticks and by QEMU, for little and for much memory. */
export async function benchFork(home: TestHome): Promise<void> {
  for (const memoryMiB of [512, 2048]) {
    const core = createCore({ environment: home.environment });
    const extraArguments = listTickArguments(home.scratch);
    const keeper = await vmBooted(core, home.scratch, 'forked', { guest: 'linux', disks: 1, memoryMiB, extraArguments });
    // Memory that is all zeros costs nothing to save.
    await keeper.run(`head -c ${(memoryMiB / 4) * 1024 ** 2} /dev/urandom >/filled`, { timeoutMs: 120_000 });
    const meter = await startPauseMeter(keeper, home.scratch);
    const samples = { host: [] as number[], guest: [] as number[], qemu: [] as number[], whole: [] as number[] };
    for (let round = 0; round < roundsOf(20); round += 1) {
      await meter.settle();
      const begin = performance.now();
      const { machine, pausedMs } = await core.handlers.machine.fork({ machine: keeper.machine }, {});
      samples.whole.push(performance.now() - begin);
      const { hostMs, guestMs } = await meter.ask();
      samples.host.push(hostMs);
      samples.guest.push(guestMs);
      samples.qemu.push(pausedMs ?? Number.NaN);
      await core.handlers.machine.kill({ machine: machine.id }, {});
      await core.handlers.machine.delete({ machine: machine.id }, {});
    }
    await meter.stop();
    console.log(`fork of ${memoryMiB} MiB, a quarter of it filled: bothy fork forked`);
    const ms = (values: readonly number[]): string => `${median(values).toFixed(0)} ms`;
    report(
      `pause between two ticks of the guest / 100 ms`,
      median(samples.host) / 100,
      'under 1',
      `(${ms(samples.host)}; by QEMU ${ms(samples.qemu)}, by the guest’s clock ${ms(samples.guest)}; the fork took ${ms(samples.whole)})`,
    );
    await core.handlers.machine.kill({ machine: keeper.machine }, {});
    await core.handlers.machine.delete({ machine: keeper.machine }, {});
    await core.close();
  }
}
