import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectQmp, type QmpEvent } from '../../../core/qemu/qmp-client.ts';
import { getFailure } from '../../kit/use-core.ts';

/** What QEMU 7.2.22 sends when a client connects. */
const greeting =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["oob"]}}\r\n';
const event =
  '{"timestamp": {"seconds": 1763610000, "microseconds": 5}, "event": "RTC_CHANGE", "data": {"offset": 0, "qom-path": "/rtc"}}\r\n';

interface Command {
  readonly id: number;
  readonly execute: string;
}

/** A monitor that greets and negotiates, then leaves each command to the test. */
async function useMonitor(answer: (command: Command, socket: Socket) => void, first = greeting): Promise<string> {
  const folder = await mkdtemp('/tmp/bothy-qmp-');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(first);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const command = JSON.parse(line) as Command;
        if (command.execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${command.id}}\r\n`);
        else answer(command, socket);
      }
    });
  });
  const path = join(folder, 'qmp.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

describe('a QMP client', () => {
  test('finds replies by id, whatever their order, with events in between', async () => {
    const waiting: Command[] = [];
    const path = await useMonitor((command, socket) => {
      waiting.push(command);
      if (waiting.length < 3) return;
      for (const { id, execute } of waiting.reverse()) socket.write(`${event}{"return": "${execute}", "id": ${id}}\r\n${event}`);
    });
    const client = await connectQmp(path);
    const events: QmpEvent[] = [];
    client.onEvent((each) => events.push(each));
    expect(client.greeting.version.qemu).toEqual({ major: 7, minor: 2, micro: 22 });
    expect(await Promise.all(['a', 'b', 'c'].map((command) => client.execute(command)))).toEqual(['a', 'b', 'c']);
    client.close();
    await client.closed;
    expect(events.length).toBeGreaterThanOrEqual(5);
    expect(events[0]).toMatchObject({ event: 'RTC_CHANGE', timestamp: { seconds: 1763610000 } });
  });

  test('puts split messages together and takes merged ones apart, at every byte', async () => {
    const path = await useMonitor(({ id }, socket) => {
      const bytes = Buffer.from(`${event}{"return": {"text": "größer ✓"}, "id": ${id}}\r\n${event}`);
      socket.setNoDelay();
      const send = (offset: number): void => {
        if (offset < bytes.length) socket.write(bytes.subarray(offset, offset + 1), () => setImmediate(send, offset + 1));
      };
      send(0);
    });
    const client = await connectQmp(path);
    expect(await client.execute('split')).toEqual({ text: 'größer ✓' });
    client.close();
  });

  test('passes over lines that are no QMP, and lives', async () => {
    const garbage = [
      '',
      'garbage',
      '{',
      '[]',
      'null',
      '7',
      '{"return"',
      '{"error": null}',
      '{"error": 5, "id": 99}',
      '{"QMP": null}',
    ];
    const more = [
      '{"return": 1}',
      '{"return": 1, "id": "x"}',
      '{"return": 1, "id": 12345}',
      '{"id": 1}',
      '{"event": 3}',
      '\u0000\u0001',
    ];
    const path = await useMonitor(({ id }, socket) => {
      socket.write([...garbage, ...more, `{"return": "whole", "id": ${id}}`, ''].join('\r\n'));
    });
    const client = await connectQmp(path);
    expect(await client.execute('anything')).toBe('whole');
    client.close();
  });

  test('takes a reply of 32 MiB without slowing down by its pieces', async () => {
    const size = 32 * 1024 * 1024;
    const path = await useMonitor(({ id }, socket) => {
      socket.write(`{"return": "${'x'.repeat(size)}", "id": ${id}}\r\n`);
    });
    const client = await connectQmp(path);
    const begin = performance.now();
    expect(((await client.execute('huge')) as string).length).toBe(size);
    expect(performance.now() - begin).toBeLessThan(5000);
    client.close();
  });

  test('gives what QEMU refused as an error with its class, even a mutilated one', async () => {
    const path = await useMonitor(({ id, execute }, socket) => {
      const error = execute === 'odd' ? 'null' : '{"class": "DeviceNotFound", "desc": "Device \'x\' not found"}';
      socket.write(`{"error": ${error}, "id": ${id}}\r\n`);
    });
    const client = await connectQmp(path);
    expect(await getFailure(client.execute('device_del'))).toMatchObject({
      code: 'qemu-failed',
      errorClass: 'DeviceNotFound',
      message: expect.stringContaining("Device 'x' not found"),
    });
    expect(await getFailure(client.execute('odd'))).toMatchObject({ code: 'qemu-failed' });
    client.close();
  });

  test('fails every command under way when the socket dies, and later ones at once', async () => {
    const path = await useMonitor((command, socket) => {
      if (command.execute === 'second') socket.destroy();
    });
    const client = await connectQmp(path);
    const failures = await Promise.all([getFailure(client.execute('first')), getFailure(client.execute('second'))]);
    expect(failures).toMatchObject([{ code: 'qemu-unresponsive' }, { code: 'qemu-unresponsive' }]);
    await client.closed;
    expect(await getFailure(client.execute('third'))).toMatchObject({ code: 'qemu-unresponsive' });
  });

  test('gives up on a command that is not answered, and takes later answers', async () => {
    let late: (() => void) | undefined;
    const path = await useMonitor(({ id, execute }, socket) => {
      if (execute === 'slow') late = () => socket.write(`{"return": "late", "id": ${id}}\r\n`);
      else {
        late?.();
        socket.write(`{"return": "in time", "id": ${id}}\r\n`);
      }
    });
    const client = await connectQmp(path);
    expect(await getFailure(client.execute('slow', undefined, { timeoutMs: 30 }))).toMatchObject({
      code: 'qemu-unresponsive',
      message: expect.stringContaining('slow'),
    });
    expect(await client.execute('quick')).toBe('in time');
    client.close();
  });

  test.each([
    ['says nothing', ''],
    ['says something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['stops within the greeting', greeting.slice(0, 40)],
  ])('gives up on a monitor that %s', async (_what, first) => {
    const path = await useMonitor(() => {}, first);
    expect(await getFailure(connectQmp(path, { timeoutMs: 50 }))).toMatchObject({ code: 'qemu-unresponsive' });
  });

  test('tells a socket that is not there, and one nobody listens on, by the error of the system', async () => {
    expect(await getFailure(connectQmp('/tmp/bothy-no-such-socket'))).toMatchObject({ code: 'ENOENT' });
  });
});
