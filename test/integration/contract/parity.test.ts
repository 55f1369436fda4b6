import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../../contract/operation.ts';
import { operations } from '../../../contract/operations.ts';
import type { Core } from '../../../core/core.ts';
import { createCore } from '../../../core/create-core.ts';
import { getHandler } from '../../../core/invoke.ts';
import { type Client, createClient } from '../../../renderer/client/client.ts';
import { type RunningServer, startServer } from '../../../server/start-server.ts';
import { type MainProcess, startMainProcess } from '../../electron/main-process.ts';
import { createTestHome, type TestHome } from '../../kit/test-home.ts';
import { webEnvironment } from '../client/web-environment.ts';

type Call = (input: unknown) => Promise<unknown>;

const table = Object.entries(operations as Record<string, Record<string, Operation>>).flatMap(([noun, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => ({ name: `${noun}.${verb}`, noun, verb, operation })),
);
const cliFile = join(import.meta.dirname, '../../../dist/cli/bothy.js');
/** No operation takes it, so each must answer, and say what is wrong, without doing anything. */
const refusedInput = { 'no-such-key': true };

let home: TestHome;
let core: Core;
let server: RunningServer;
let main: MainProcess;
let clients: { readonly web: Client; readonly electron: Client };

beforeAll(async () => {
  home = createTestHome();
  core = createCore({ environment: home.environment });
  server = await startServer({ core, rendererFolder: '/nowhere' });
  main = startMainProcess(home);
  await main.waitFor('window.show');
  const entered = await fetch(server.url);
  const cookie = (entered.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  clients = { web: createClient(webEnvironment({ cookie, server })), electron: main.openPage() };
});

afterAll(async () => {
  clients.web.close();
  clients.electron.close();
  await main.stop();
  await server.close();
  await core.close();
  await home.dispose();
});

describe.each(table)('$name', ({ name, noun, verb, operation }) => {
  test('has a handler in the core', () => {
    expect(getHandler(core, noun, verb)).toBeTypeOf('function');
  });

  test.each(['web', 'electron'] as const)('is reached over %s', async (face) => {
    const call = (clients[face].call as unknown as Record<string, Record<string, Call>>)[noun]?.[verb];
    await expect(call?.(refusedInput)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(`${name} was asked with wrong input: `),
    });
  });

  test('has a command, or a reason why not', async () => {
    const { cli } = operation;
    if ('excluded' in cli) {
      expect(cli.excluded).toMatch(/\w+ \w+/);
      return;
    }
    expect(existsSync(cliFile), `${cliFile} is missing; run npm run build`).toBe(true);
    const { stdout } = await promisify(execFile)(process.execPath, [cliFile, ...cli.command.split(' '), '--help'], {
      env: home.environment,
    });
    expect(stdout).toContain(`bothy ${cli.command}`);
  });
});

test('what is not in the table is reached over no face', async () => {
  for (const client of Object.values(clients)) {
    const call = (client.call as unknown as Record<string, Record<string, Call>>)['machine']?.['fly'];
    await expect(call?.({})).rejects.toMatchObject({ code: 'internal' });
  }
});
