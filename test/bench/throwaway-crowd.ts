import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { builtCli } from '../kit/built-cli.ts';
import { makeGuestTemplate, templateGuests } from '../kit/guest-template.ts';
import type { TestHome } from '../kit/test-home.ts';
import { median, report, roundsOf, timeRun } from './measure.ts';

/** Many clones of one template at once: how long until all answer, and what each has of its own. */
export async function benchThrowawayCrowd(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  await makeGuestTemplate(core, 'demo');
  const argv = [builtCli, 'run', 'demo', '--', 'true'];
  const alone: number[] = [];
  for (let round = 0; round < 1 + roundsOf(20); round += 1) alone.push(await timeAll(1, argv, home));
  const single = median(alone.slice(1));
  for (const count of [10, 20]) {
    const times: number[] = [];
    for (let round = 0; round < roundsOf(20); round += 1) times.push(await timeAll(count, argv, home));
    console.log(`${count} at once: ${argv.join(' ')}`);
    report(
      `${count} × bothy run at once / ${count} × one alone`,
      median(times) / (single * count),
      '',
      `(${median(times).toFixed(0)} ms, ${single.toFixed(0)} ms each)`,
    );
    await measureTogether(core, count);
  }
  await core.handlers.template.delete({ template: 'demo' }, {});
  await core.close();
}

async function timeAll(count: number, argv: readonly string[], home: TestHome): Promise<number> {
  const begin = performance.now();
  await Promise.all(Array.from({ length: count }, () => timeRun(argv, home.environment)));
  return performance.now() - begin;
}

/** As a window does it: all from one process, and all on at the same time. */
async function measureTogether(core: Core, count: number): Promise<void> {
  const times: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < roundsOf(20); round += 1) {
    const begin = performance.now();
    const clones = await Promise.all(Array.from({ length: count }, () => startAndAsk(core)));
    times.push(performance.now() - begin);
    for (const id of clones) memory.push((await core.handlers.machine.stats({ machine: id }, {})).memory?.privateBytes ?? 0);
    await Promise.all(clones.map((id) => core.handlers.machine.kill({ machine: id }, {})));
  }
  console.log(`${count} clones from one process, until all have answered: ${median(times).toFixed(0)} ms`);
  const mib = median(memory) / 1024 ** 2;
  const share = mib / templateGuests.demo;
  report(`private memory of a clone / memory of its guest`, share, 'under 0.15', `(${mib.toFixed(0)} MiB, most ${most(memory)})`);
}

function most(bytes: readonly number[]): string {
  return `${(Math.max(...bytes) / 1024 ** 2).toFixed(0)} MiB`;
}

async function startAndAsk(core: Core): Promise<string> {
  const { machine } = await core.handlers.throwaway.create({ template: 'demo', isOwned: true, hasCommand: true }, {});
  const running = await core.guests.start(machine.id, { argv: ['true'] });
  running.stdout.resume();
  running.stderr.resume();
  if ((await running.exitCode) !== 0) throw new Error('the command failed');
  return machine.id;
}
