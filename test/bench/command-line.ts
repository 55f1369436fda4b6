import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCore } from '../../core/create-core.ts';
import { connectQmp } from '../../core/qemu/qmp-client.ts';
import { builtCli } from '../kit/built-cli.ts';
import type { TestHome } from '../kit/test-home.ts';
import { median, report, timeRun } from './measure.ts';

const rounds = 20;

/** The command line's own cost, against Node starting with nothing to do. Each round measures all sides one after the other. */
export async function benchCommandLine(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  await core.handlers.machine.create(
    { name: 'bench', source: { type: 'empty' }, memoryMiB: 256, accelerator: 'tcg', diskSize: 1024 ** 3 },
    {},
  );
  const { argv } = await core.handlers.machine.qemu({ machine: 'bench' }, {});
  const bothy = (...args: string[]) => timeRun([process.execPath, builtCli, ...args], home.environment);
  const samples = { node: [] as number[], start: [] as number[], raw: [] as number[], list: [] as number[] };
  await bothy('start', 'bench');
  await core.handlers.machine.kill({ machine: 'bench' }, {});
  for (let round = 0; round < rounds; round += 1) {
    samples.node.push(await timeRun([process.execPath, '-e', '0'], home.environment));
    samples.raw.push(await timeRawStart(argv, home));
    samples.start.push(await bothy('start', 'bench'));
    await core.handlers.machine.kill({ machine: 'bench' }, {});
  }
  await core.handlers.machine.delete({ machine: 'bench' }, {});
  const node = median(samples.node);
  const start = median(samples.start);
  const raw = median(samples.raw);
  report('bothy start to running / raw QEMU to its QMP greeting', start / raw, '', ms({ start, raw }));
  report('what bothy start adds to raw QEMU / node -e 0', (start - raw) / node, 'at most 2.5', ms({ added: start - raw, node }));

  await makeManyMachines(home, 1000);
  await bothy('list');
  const nodeAgain: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    nodeAgain.push(await timeRun([process.execPath, '-e', '0'], home.environment));
    samples.list.push(await bothy('list'));
  }
  report(
    'bothy list of 1,000 machines / node -e 0',
    median(samples.list) / median(nodeAgain),
    'at most 4',
    ms({ list: median(samples.list), node: median(nodeAgain) }),
  );
  for (const { id } of await core.handlers.machine.list({}, {})) rmSync(join(home.folder, 'machines', id), { recursive: true });
  await core.close();
}

/** The same command line, spawned by hand, until its first monitor greets. */
async function timeRawStart(argv: readonly string[], home: TestHome): Promise<number> {
  const [program = '', ...rest] = argv;
  const pidFile = rest[rest.indexOf('-pidfile') + 1] ?? '';
  const runtimeFolder = join(pidFile, '..');
  mkdirSync(runtimeFolder, { recursive: true });
  const begin = performance.now();
  const child: ChildProcess = spawn(program, rest, { env: { ...home.environment }, stdio: 'ignore' });
  for (;;) {
    const monitor = await connectQmp(join(runtimeFolder, 'qmp-0.sock')).catch(() => undefined);
    if (monitor === undefined) continue;
    const duration = performance.now() - begin;
    monitor.close();
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(runtimeFolder, { recursive: true, force: true });
    return duration;
  }
}

async function makeManyMachines(home: TestHome, count: number): Promise<void> {
  const core = createCore({ environment: home.environment });
  const first = await core.handlers.machine.create(
    { name: 'm0', source: { type: 'empty' }, diskSize: 0, accelerator: 'tcg' },
    {},
  );
  const { definition } = await core.handlers.machine.info({ machine: first.id }, {});
  for (let index = 1; index < count; index += 1) {
    const id = index.toString(32).padStart(12, '0');
    const folder = join(home.folder, 'machines', id);
    mkdirSync(join(folder, 'disks'), { recursive: true });
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'machine.json'), JSON.stringify({ ...definition, id, name: `m${index}` }, null, 2));
  }
  await core.close();
}

function ms(values: Record<string, number>): string {
  return `(${Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(0)} ms`)
    .join(', ')})`;
}
