import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { findAgent } from '../agent/agent-client.ts';
import { followFile } from '../console/follow-file.ts';
import { machineFile } from '../storage/file-names.ts';
import { getById, getMachine } from './find-machine.ts';
import type { StoredMachine } from './machine-store.ts';
import { type ObservedMachine, observeMachine } from './observe-machine.ts';
import type { Site } from './site.ts';

const lookMs = 50;

/** Waits until a machine is as wished; gives the seconds it took. Throws `timed-out`, or `wrong-state` when it never will be. */
export async function waitFor(
  site: Site,
  reference: string | StoredMachine,
  wish: string,
  timeoutSeconds: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const isReached = chooseCondition(site, wish);
  const { id, name } = typeof reference === 'string' ? getMachine(site.store, reference) : reference;
  const begin = performance.now();
  const deadline = begin + timeoutSeconds * 1000;
  const search = wish.startsWith('serial:')
    ? watchSerial(join(site.store.folderOf(id), machineFile.serialLog), wish.slice('serial:'.length))
    : undefined;
  try {
    for (;;) {
      const machine = await observeMachine(site.store, site.locks, getById(site.store, id));
      if (search?.isFound() ?? (await isReached(machine, deadline - performance.now())))
        return (performance.now() - begin) / 1000;
      if (signal?.aborted === true) throw new AppError('cancelled', `Waiting for “${name}” was cancelled.`);
      if (performance.now() > deadline) {
        throw new AppError('timed-out', `“${name}” was not ready (${wish}) within ${timeoutSeconds} s; it is ${machine.state}.`, {
          hint: 'Wait longer with --timeout, or look at its console.',
        });
      }
      if (
        wish !== 'off' &&
        wish !== 'running' &&
        (machine.state === 'off' || machine.state === 'crashed' || machine.state === 'suspended')
      ) {
        throw new AppError('wrong-state', `“${name}” is ${machine.state}, so “${wish}” will not come.`, {
          hint: 'Start it first: `bothy start NAME`.',
        });
      }
      await delay(lookMs);
    }
  } finally {
    search?.close();
  }
}

type Condition = (machine: ObservedMachine, leftMs: number) => Promise<boolean> | boolean;

function chooseCondition(site: Site, wish: string): Condition {
  const runtimeFolderOf = (machine: ObservedMachine): string =>
    machine.run?.runtimeFolder ?? site.store.runtimeFolderOf(machine.stored.id);
  if (wish === 'running') return (machine) => machine.state === 'running';
  if (wish === 'off')
    return (machine) => machine.state === 'off' || (machine.state === 'crashed' && machine.process === undefined);
  if (wish === 'agent') {
    return async (machine) => {
      if (machine.state !== 'running') return false;
      const agent = await findAgent(runtimeFolderOf(machine));
      agent?.close();
      return agent !== undefined;
    };
  }
  if (wish === 'ssh')
    return async (machine, leftMs) => machine.state === 'running' && answersSsh(getSshPort(machine), Math.min(2000, leftMs));
  if (wish.startsWith('serial:') && wish.length > 'serial:'.length) return () => false;
  throw new AppError('invalid-input', `“${wish}” is nothing to wait for.`, {
    hint: 'Wait for running, off, agent, ssh or serial:TEXT.',
  });
}

function getSshPort(machine: ObservedMachine): number {
  const ports = machine.run?.configuration.network.ports ?? [];
  const forward = ports.find((port) => port.guest === 22 && port.protocol === 'tcp');
  if (forward !== undefined) return forward.host;
  throw new AppError('wrong-state', `“${machine.stored.name}” forwards no port to its SSH port 22.`, {
    hint: 'Add one and restart it: `bothy set NAME ports=2222:22`.',
  });
}

/** Whether an SSH server greets (RFC 4253, section 4.2: its first line begins with `SSH-`). */
function answersSsh(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (isAnswered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isAnswered);
    };
    const timer = setTimeout(() => finish(false), Math.max(1, timeoutMs));
    socket.once('data', (chunk: Buffer) => finish(chunk.toString('latin1').startsWith('SSH-')));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}

/** Looks for a text in all the serial line printed since the machine's last start. */
function watchSerial(path: string, text: string): { isFound: () => boolean; close: () => void } {
  const wanted = Buffer.from(text);
  let rest: Buffer = Buffer.alloc(0);
  let isFound = false;
  const follower = followFile(
    path,
    Number.MAX_SAFE_INTEGER,
    (chunk) => {
      const window = Buffer.concat([rest, chunk]);
      isFound ||= window.includes(wanted);
      rest = window.subarray(Math.max(0, window.length - wanted.length + 1));
    },
    () => {},
  );
  return { isFound: () => isFound, close: () => follower.close() };
}
