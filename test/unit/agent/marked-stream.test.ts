import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readBetweenMarks } from '../../../core/agent/marked-stream.ts';

const marks = { begin: '\x1etoken<', end: '\x1etoken>' };

/** A channel of real sockets: what the guest's end prints, and what was read between the marks. */
async function openChannel() {
  const folder = mkdtempSync(join(tmpdir(), 'bothy-marks-'));
  const server = createServer().listen(join(folder, 'channel'));
  await once(server, 'listening');
  const socket = connect(join(folder, 'channel'));
  const [guest] = (await once(server, 'connection')) as [Socket];
  guest.on('error', () => undefined);
  onTestFinished(() => {
    guest.destroy();
    socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const marked = readBetweenMarks(socket, marks);
  let text = '';
  marked.stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  return { guest, marked, read: () => text };
}

test('what lies between the marks is given, and the exit code behind the last', async () => {
  const { guest, marked, read } = await openChannel();
  guest.write(`old${marks.begin}a\x1eb${marks.end.slice(0, 4)}`);
  guest.write(`${marks.end}17`);
  guest.write('\x1e');
  expect(await marked.ended).toBe(17);
  expect(read()).toBe('a\x1eb\x1etok');
});

test.each(['no number\x1e', '1234\x1e', `${'9'.repeat(100_000)}`, '\x1e'])(
  'an end without an exit code is none: %.12j',
  async (end) => {
    const { guest, marked } = await openChannel();
    guest.write(`${marks.begin}out${marks.end}${end}`);
    expect(await marked.ended).toBeUndefined();
  },
);
