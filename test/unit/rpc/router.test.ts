import { MessageChannel } from 'node:worker_threads';
import { createORPCClient, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { RPCHandler } from '@orpc/server/message-port';
import { afterEach, expect, test } from 'vitest';
import type { RouterContract } from '../../../contract/router.ts';
import { buildRouter } from '../../../core/rpc/router.ts';
import { buildMachine, createStandInCore } from '../../fixtures/stand-in-core.ts';

const opened: MessageChannel[] = [];

afterEach(() => {
  for (const channel of opened.splice(0)) channel.port1.close();
});

test('a call goes to its handler and the result comes back', async () => {
  const { client } = connect();
  expect(await client.machine.list({})).toEqual([buildMachine('alpha')]);
});

test('an AppError crosses as plain data', async () => {
  const { client } = connect();
  const error = await catchError(client.machine.info({ machine: 'nobody' }));
  expect(error.code).toBe('not-found');
  expect(error.data).toEqual({ code: 'not-found', message: 'There is no machine called nobody.', hint: 'Look at the list.' });
});

test('wrong input is refused before the handler, with the path in words', async () => {
  const { client, core } = connect();
  const error = await catchError(client.machine.info({ machine: 7 } as never));
  expect(error.data).toMatchObject({ code: 'invalid-input', message: expect.stringContaining('machine: expected string') });
  const unknownKey = await catchError(client.machine.list({ all: true } as never));
  expect(unknownKey.data).toMatchObject({ code: 'invalid-input', message: expect.stringContaining('"all"') });
  expect(core.contexts.size).toBe(0);
});

test('a bug is logged in full and told with a reference', async () => {
  const { client, log } = connect();
  const error = await catchError(client.machine.start({ machine: 'alpha' }));
  expect(error.data).toMatchObject({
    code: 'internal',
    message: expect.stringMatching(/^Internal error [0-9a-f]{8} in machine\.start\.$/),
  });
  const reference = /[0-9a-f]{8}/.exec(error.message)?.[0];
  expect(log).toHaveLength(1);
  expect(log[0]).toContain(`internal error ${reference} in machine.start: TypeError: cannot read the secret of life\n    at `);
});

test('output that breaks the contract does not leave', async () => {
  const { client, log } = connect();
  const error = await catchError(client.machine.reset({ machine: 'alpha' }));
  expect(error.data).toMatchObject({ code: 'internal' });
  expect(log[0]).toContain('"expected":"string"');
});

test('an event that breaks the contract ends the stream as a bug', async () => {
  const { client, core, log } = connect();
  const events = await client.watch.all({});
  await events.next();
  core.emit({ type: 'machine', sequence: 'one' } as never);
  expect((await catchError(events.next())).data).toMatchObject({ code: 'internal' });
  expect(log).toHaveLength(1);
  await expect.poll(() => core.watchers.size).toBe(0);
});

test('events arrive in order and leaving ends the handler', async () => {
  const { client, core } = connect();
  const controller = new AbortController();
  const events = await client.watch.all({}, { signal: controller.signal });
  expect((await events.next()).value).toMatchObject({ type: 'snapshot' });
  core.emit({ type: 'machine-removed', sequence: 1, id: 'a' });
  core.emit({ type: 'machine-removed', sequence: 2, id: 'b' });
  expect((await events.next()).value).toMatchObject({ sequence: 1 });
  expect((await events.next()).value).toMatchObject({ sequence: 2 });
  controller.abort();
  await expect.poll(() => core.watchers.size).toBe(0);
});

test('a closed connection ends queries and streams, but not a task', async () => {
  const { client, core, port, log } = connect();
  const waiting = client.machine.wait({ machine: 'alpha', for: 'off' }).catch(() => 'ended');
  const creating = client.machine.create({ name: 'beta', source: { type: 'empty' } }).catch(() => 'ended');
  const events = await client.watch.all({});
  await events.next();
  await expect.poll(() => core.contexts.size).toBe(3);
  port.close();
  expect(await Promise.all([waiting, creating])).toEqual(['ended', 'ended']);
  await expect.poll(() => core.watchers.size).toBe(0);
  expect(core.contexts.get('machine.wait')?.[0]?.signal?.aborted).toBe(true);
  expect(core.contexts.get('machine.create')?.[0]?.signal).toBeUndefined();
  core.releaseCreate();
  await expect.poll(() => core.machines.map((machine) => machine.name)).toEqual(['alpha', 'beta']);
  expect(log).toEqual([]);
});

function connect() {
  const core = createStandInCore();
  const log: string[] = [];
  const channel = new MessageChannel();
  opened.push(channel);
  new RPCHandler(buildRouter(core, { log: (line) => log.push(line) })).upgrade(channel.port1);
  const client: ContractRouterClient<RouterContract> = createORPCClient(new RPCLink({ port: channel.port2 }));
  channel.port1.start();
  channel.port2.start();
  return { core, log, client, port: channel.port2 };
}

async function catchError(promise: Promise<unknown>): Promise<ORPCError<string, unknown>> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ORPCError)) throw error;
  return error;
}
