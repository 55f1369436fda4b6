import { createCore } from '../../core/create-core.ts';
import { builtCli } from '../kit/built-cli.ts';
import { makeGuestTemplate } from '../kit/guest-template.ts';
import type { TestHome } from '../kit/test-home.ts';
import { measureKeptReady } from './kept-ready.ts';
import { median, report, roundsOf, timeRun } from './measure.ts';
import { findPodman } from './podman.ts';

/** `bothy run` as a whole process, beside a container of the same busybox and beside Node alone, in turns. */
export async function benchThrowawayRun(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  await makeGuestTemplate(core, 'demo');
  const command = ['uname', '-a'];
  const podman = await findPodman(home.scratch);
  const argv: Record<string, readonly string[]> = {
    bothy: [builtCli, 'run', 'demo', '--', ...command],
    node: ['env', '-u', 'NODE_EXTRA_CA_CERTS', process.execPath, '-e', '0'],
    ...(typeof podman === 'string' ? {} : { podman: podman.buildRun(command), 'podman-none': podman.buildRun(command, 'none') }),
  };
  const environment = typeof podman === 'string' ? home.environment : { ...podman.environment, ...home.environment };
  const path = { PATH: (typeof podman === 'string' ? home : podman).environment['PATH'] };
  const samples = Object.fromEntries(Object.keys(argv).map((name) => [name, [] as number[]]));
  for (const one of Object.values(argv)) await timeRun(one, { ...environment, ...path });
  for (let round = 0; round < roundsOf(20); round += 1) {
    for (const [name, one] of Object.entries(argv)) samples[name]?.push(await timeRun(one, { ...environment, ...path }));
  }
  for (const [name, one] of Object.entries(argv))
    console.log(`${name.padEnd(12)} ${one.join(' ').replaceAll(home.scratch, '.')}`);
  const times = Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
  const { bothy = Number.NaN } = times;
  const timeBothy = () => timeRun(argv['bothy'] ?? [], { ...environment, ...path });
  const ready = median(await measureKeptReady({ core, home, template: 'demo' }, timeBothy, roundsOf(20)));
  const detail = (name: string): string => `(${bothy.toFixed(0)} ms, ${times[name]?.toFixed(0)} ms)`;
  report('bothy run, whole process / node -e 0', bothy / (times['node'] ?? Number.NaN), '', detail('node'));
  if (typeof podman === 'string') console.log(`podman: not compared: ${podman}`);
  else {
    report(`bothy run / podman run --rm`, bothy / (times['podman'] ?? Number.NaN), 'at most 1', detail('podman'));
    report(
      `bothy run / podman run --rm --network none`,
      bothy / (times['podman-none'] ?? Number.NaN),
      'at most 1',
      detail('podman-none'),
    );
    for (const name of ['podman', 'podman-none'] as const) {
      const other = times[name] ?? Number.NaN;
      report(
        `bothy run, one kept ready / ${name}`,
        ready / other,
        'at most 1',
        `(${ready.toFixed(0)} ms, ${other.toFixed(0)} ms)`,
      );
    }
    console.log(`podman is ${podman.version}`);
    await podman.dispose();
  }
  await printPhases(core);
  await core.handlers.template.delete({ template: 'demo' }, {});
  await core.close();
}

/** Where the time of a clone goes, from asking for it until it runs. */
async function printPhases(core: ReturnType<typeof createCore>): Promise<void> {
  const phases = new Map<string, number[]>();
  for (let round = 0; round < roundsOf(20); round += 1) {
    const started = await core.handlers.throwaway.create({ template: 'demo', isOwned: true }, {});
    for (const { name, ms } of started.phases) phases.set(name, [...(phases.get(name) ?? []), ms]);
    await core.handlers.machine.kill({ machine: started.machine.id }, {});
  }
  console.log('the start of a clone by phase, inside a process that has done it before:');
  for (const [name, values] of phases) console.log(`  ${name.padEnd(24)} ${median(values).toFixed(1).padStart(7)} ms`);
}
