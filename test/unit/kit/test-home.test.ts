import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isProcessAlive } from '../../kit/processes.ts';
import { createTestHome } from '../../kit/test-home.ts';

describe('test home', () => {
  it('vanishes without a trace', async () => {
    const home = createTestHome();
    writeFileSync(join(home.folder, 'machine.json'), '{}');
    await home.dispose();
    expect(existsSync(home.folder)).toBe(false);
  });

  it('ends and reports a process that was left behind', async () => {
    const home = createTestHome();
    const child = spawn('sleep', ['1000'], { env: { ...process.env, BOTHY_HOME: home.folder }, stdio: 'ignore' });
    await expect(home.dispose()).rejects.toThrow(/left behind:\nprocess [0-9]+: sleep 1000/);
    expect(isProcessAlive(child.pid ?? 0)).toBe(false);
  });

  it('reports an open socket', async () => {
    const home = createTestHome();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(home.folder, 'a.sock'), resolve));
    await expect(home.dispose()).rejects.toThrow(/socket .*a\.sock/);
    await new Promise((resolve) => server.close(resolve));
  });

  it('reports a file outside the home', async () => {
    const home = createTestHome();
    writeFileSync(join(home.environment['TMPDIR'] ?? '', 'bothy-left.tmp'), '');
    await expect(home.dispose()).rejects.toThrow(/outside BOTHY_HOME: TMPDIR\/bothy-left\.tmp/);
  });
});
