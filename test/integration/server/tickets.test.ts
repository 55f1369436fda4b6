import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createCore } from '../../../core/create-core.ts';
import { startServer } from '../../../server/start-server.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { ended } from './server-fixture.ts';

test('a ticket opens a console within 30 seconds, once', async () => {
  const { connect, issue } = await useServer();
  const ticket = await issue();
  await once(connect(ticket), 'open');
  expect(await ended(connect(ticket))).toMatchObject({
    code: 4404,
    reason: expect.stringContaining('used already, or is too old'),
  });
});

test('an old ticket opens nothing', async () => {
  const { connect, issue } = await useServer();
  const ticket = await issue();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 31_000);
  onTestFinished(() => clock.mockRestore());
  expect(await ended(connect(ticket))).toMatchObject({
    code: 4404,
    reason: expect.stringContaining('used already, or is too old'),
  });
});

test('the screen of a machine that is off tells so', async () => {
  const { connect, issue } = await useServer();
  expect(await ended(connect(await issue('vnc')))).toMatchObject({
    code: 4404,
    reason: expect.stringContaining('it is not running'),
  });
});

test('tickets cannot be guessed from one another', async () => {
  const { issue } = await useServer();
  const tickets = await Promise.all(Array.from({ length: 100 }, () => issue()));
  expect(new Set(tickets).size).toBe(100);
  expect(tickets.every((ticket) => Buffer.from(ticket, 'base64url').length >= 16)).toBe(true);
});

/** A server in front of a real core with one machine. */
async function useServer() {
  const home = useTestHome();
  const core = createCore({ environment: home.environment });
  const server = await startServer({ core, rendererFolder: '/nowhere' });
  const sockets: WebSocket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.terminate();
    await server.close();
    await core.close();
  });
  await core.handlers.machine.create({ name: 'one', source: { type: 'empty' }, diskSize: 0 }, {});
  const cookie = ((await fetch(server.url)).headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  const host = `127.0.0.1:${server.port}`;
  return {
    issue: async (kind: 'vnc' | 'serial' = 'serial') => (await core.handlers.console.ticket({ machine: 'one', kind }, {})).ticket,
    connect(ticket: string) {
      const socket = new WebSocket(`ws://${host}/console?ticket=${ticket}`, { headers: { origin: `http://${host}`, cookie } });
      socket.on('error', () => {});
      sockets.push(socket);
      return socket;
    },
  };
}
