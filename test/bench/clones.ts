import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { builtCli } from '../kit/built-cli.ts';
import { findTool } from '../kit/require-tool.ts';
import type { TestHome } from '../kit/test-home.ts';
import { findLibvirt, type Libvirt } from './libvirt.ts';
import { median, report, timeRun } from './measure.ts';

const rounds = 10;
const slowRounds = 3;
const mib = 1024 ** 2;
const sizes = { '100 MB': 100 * mib, '1 GB': 1024 * mib, '4 GB': 4096 * mib } as const;

/** Linked clones of disks that hold more and more, beside what copies or only names them. Medians of one run. */
export async function benchClones(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  const libvirt = await findLibvirt();
  const qemuImg = findTool('qemu-img') ?? 'qemu-img';
  const flat: number[] = [];
  for (const [label, bytes] of Object.entries(sizes)) {
    const { id } = await core.handlers.machine.create(
      { name: 'original', source: { type: 'empty' }, memoryMiB: 256, accelerator: 'tcg', diskSize: 8 * 1024 * mib },
      {},
    );
    const disk = join(home.folder, 'machines', id, 'disks/disk0.qcow2');
    fill(disk, bytes);
    const samples = {
      create: [] as number[],
      clone: [] as number[],
      changed: [] as number[],
      cli: [] as number[],
      node: [] as number[],
    };
    const overlay = join(home.scratch, 'overlay.qcow2');
    await clone(core, 'warm-up');
    for (let round = 0; round < rounds; round += 1) {
      samples.create.push(
        await timeRun([qemuImg, 'create', '-q', '-f', 'qcow2', '-b', disk, '-F', 'qcow2', overlay], home.environment),
      );
      rmSync(overlay);
      samples.clone.push(await clone(core, `clone${round}`));
      const [active] = await core.handlers.machine.disks({ machine: id }, {});
      execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 9 0 64k', active?.file ?? '']);
      samples.changed.push(await clone(core, `changed${round}`));
      samples.node.push(await timeRun([process.execPath, '-e', '0'], home.environment));
      samples.cli.push(await timeRun([process.execPath, builtCli, 'clone', 'original', `cli${round}`], home.environment));
    }
    const [create, linked, changed] = [median(samples.create), median(samples.clone), median(samples.changed)];
    flat.push(linked);
    report(`linked clone of ${label} / qemu-img create -b`, linked / create, 'under 1.5', ms({ clone: linked, create }));
    report(
      `the same, written to since the last / qemu-img create -b`,
      changed / create,
      'under 1.5',
      ms({ clone: changed, create }),
    );
    report(
      `bothy clone, whole process / node -e 0`,
      median(samples.cli) / median(samples.node),
      '',
      ms({ bothy: median(samples.cli), node: median(samples.node) }),
    );
    await compareCopies(home, disk, linked, libvirt);
    await deleteAll(core);
  }
  report('linked clone: slowest size / fastest size', Math.max(...flat) / Math.min(...flat), 'flat', '');
  if (libvirt === undefined) console.log('virt-clone: not compared, libvirt is not installed or does not run');
  await core.close();
}

/** Writes real data, so that nothing can be left out of a copy. */
function fill(disk: string, bytes: number): void {
  const step = 256 * mib;
  const writes = Array.from({ length: Math.ceil(bytes / step) }, (_, index) => {
    const length = Math.min(step, bytes - index * step);
    return ['-c', `write -q -P ${1 + (index % 250)} ${index * step} ${length}`];
  });
  execFileSync('qemu-io', ['-f', 'qcow2', ...writes.flat(), disk]);
}

async function clone(core: Core, name: string): Promise<number> {
  const begin = performance.now();
  await core.handlers.machine.clone({ machine: 'original', name }, {});
  return performance.now() - begin;
}

async function compareCopies(home: TestHome, disk: string, linked: number, libvirt: Libvirt | undefined): Promise<void> {
  const copies: number[] = [];
  const copy = join(home.scratch, 'copy.qcow2');
  for (let round = 0; round < slowRounds; round += 1) {
    copies.push(await timeRun(['cp', '--reflink=auto', disk, copy], home.environment));
    rmSync(copy);
  }
  report('cp --reflink=auto of the disk / linked clone', median(copies) / linked, '', ms({ cp: median(copies) }));
  const virtClone = await libvirt?.timeVirtClone(disk, home.scratch, 1);
  if (virtClone !== undefined)
    report('virt-clone --auto-clone / linked clone', virtClone / linked, '', ms({ 'virt-clone': virtClone }));
}

/** Clones first: the original is needed by them. */
async function deleteAll(core: Core): Promise<void> {
  const machines = await core.handlers.machine.list({}, {});
  const last = machines.filter(({ name }) => name === 'original');
  for (const { id } of [...machines.filter(({ name }) => name !== 'original'), ...last]) {
    await core.handlers.machine.delete({ machine: id }, {});
  }
}

function ms(values: Record<string, number>): string {
  return `(${Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(1)} ms`)
    .join(', ')})`;
}
