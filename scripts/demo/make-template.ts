import { randomBytes } from 'node:crypto';
import type { TemplateInfo } from '../../contract/template.ts';
import { findObstacle } from '../guests/apt.ts';
import { buildDebianGuest, findDebianObstacle } from '../guests/debian-guest.ts';
import { buildDemoGuest } from '../guests/demo-guest.ts';
import { BothyFailed, bothy } from './bothy.ts';
import { type DemoOptions, demoHelp, parseDemoOptions } from './options.ts';

/** Ends with the words for the person: no stack. */
class DemoFailed extends Error {}

const secondsToBoot = '180';

const otherWay =
  'Any machine with the QEMU guest agent becomes a template too:\n' +
  '  npx bothy create NAME --from IMAGE.qcow2 --start\n' +
  '  npx bothy template create NAME TEMPLATE --warm';

process.exitCode = await main(process.argv.slice(2));

/** `npm run demo:template`: gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'number') return options;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  try {
    await makeTemplate(options, interrupted.signal);
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      console.error('Cancelled; nothing is left of it.');
      return 130;
    }
    if (!(error instanceof DemoFailed || error instanceof BothyFailed)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** The options, or the exit code when help was asked for or they are wrong. */
function readOptions(args: readonly string[]): DemoOptions | number {
  try {
    const options = parseDemoOptions(args);
    if (options === null) process.stdout.write(demoHelp);
    return options ?? 0;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${demoHelp}`);
    return 2;
  }
}

async function makeTemplate(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const { name } = options;
  const startedAt = performance.now();
  const former = await findFormer(options);
  if (former === 'kept') return;
  const source = await makeGuest(options);
  signal.throwIfAborted();

  const work = `${name.slice(0, 40)}-${randomBytes(4).toString('hex')}`;
  const target = former === undefined ? name : `${work}-new`;
  // Debian's agent answers before the other services have started.
  const conditions = options.guest === 'debian' ? ['serial:root@debian:~#', 'agent'] : ['agent'];
  const steps = [
    { text: 'Making a machine of it', args: ['create', work, ...source, '--memory', options.memory, '--cpus', '1'] },
    { text: 'Booting it', args: ['start', work] },
    ...conditions.map((condition) => ({
      text: `Waiting for it (${condition})`,
      args: ['wait', work, '--for', condition, '--timeout', secondsToBoot] as const,
    })),
    {
      text: 'Freezing it with its memory',
      args: ['template', 'create', work, target, '--warm', '--wait-for', 'agent', '--full'],
    },
  ] as const;
  try {
    for (const { text, args } of steps) {
      tell(text);
      await bothy(args);
      signal.throwIfAborted();
    }
  } finally {
    tell('Removing the machine');
    await removeMachine(work);
  }
  if (former !== undefined) {
    tell(`Putting it in the place of the former “${name}”`);
    await bothy(['template', 'delete', former.id], { isShielded: true });
    await bothy(['template', 'edit', target, '--name', name], { isShielded: true });
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`\nThe template “${name}” is ready, after ${seconds} s. Now try:\n\n${buildExamples(name)}`);
}

/** Makes what the machine boots, and gives the arguments of `bothy create` for it. */
async function makeGuest({ guest, isUefi }: DemoOptions): Promise<readonly string[]> {
  const obstacle = guest === 'small' ? findObstacle() : findDebianObstacle();
  if (obstacle !== undefined) throw new DemoFailed(`The demo template cannot be made here: ${obstacle}.\n${otherWay}`);
  if (guest === 'debian') return ['--from', await buildDebianGuest(tell)];
  const { kernel, packedKernel, initrd, append } = await buildDemoGuest(tell);
  const boot = ['--kernel', isUefi ? packedKernel : kernel, '--initrd', initrd, '--append', append];
  return [...boot, '--firmware', isUefi ? 'uefi' : 'bios', '--disk', '1G'];
}

/** The template of that name when it may be replaced; `kept`, and told so, when nobody asked for that. */
async function findFormer({ name, isReplacing }: DemoOptions): Promise<TemplateInfo | 'kept' | undefined> {
  const former = (await bothy<TemplateInfo[]>(['template', 'list'])).find((template) => template.name === name);
  if (former === undefined) return undefined;
  if (!isReplacing) {
    console.log(
      `There is a template “${name}” already: npx bothy run ${name} -- uname -a\nTo make it anew: npm run demo:template -- --replace`,
    );
    return 'kept';
  }
  const users = former.usedBy.map((user) => `“${user.name}”`).join(', ');
  if (users === '') return former;
  throw new DemoFailed(`“${name}” cannot be replaced while ${users} builds on it.\nDelete that first, or give another --name.`);
}

/** It may be off, on, or never have been made. Not interrupted by another Ctrl+C. */
async function removeMachine(machine: string): Promise<void> {
  const machines = await bothy<{ name: string }[]>(['list'], { isShielded: true });
  if (!machines.some(({ name }) => name === machine)) return;
  await bothy(['kill', machine], { isShielded: true }).catch(() => undefined);
  await bothy(['delete', machine], { isShielded: true });
}

function tell(step: string): void {
  console.log(`${step} ...`);
}

function buildExamples(name: string): string {
  const examples = [
    [`npx bothy run ${name} -- uname -a`, 'a machine of its own for one command'],
    [`npx bothy run -it ${name} -- sh`, 'a shell in it'],
    [`npx bothy run --on ${name},${name},${name} -- hostname`, 'three at once'],
    [`npx bothy create mine --from ${name} --start`, 'one to keep'],
  ] as const;
  return examples.map(([command, what]) => `  ${command.padEnd(50)}  # ${what}\n`).join('');
}
