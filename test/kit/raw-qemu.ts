import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type WaitOptions, waitUntil } from './wait-until.ts';

/** QEMU started by a test itself, emulated, with its monitor on stdin and its serial line on a socket that is always read. */
export class RawQemu {
  readonly process: ChildProcess;
  /** All the serial line has printed. */
  serial = '';
  /** All the monitor and QEMU's standard error have printed. */
  output = '';
  readonly #socket: Socket;

  private constructor(process: ChildProcess, socket: Socket) {
    this.process = process;
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.serial += text;
    });
    for (const stream of [process.stdout, process.stderr])
      stream?.on('data', (chunk) => {
        this.output += String(chunk);
      });
  }

  /** Starts a guest of 512 MiB; `folder` takes the socket and must be short. */
  static async start(folder: string, args: readonly string[]): Promise<RawQemu> {
    const path = join(folder, 'raw-serial.sock');
    const base = ['-nodefaults', '-display', 'none', '-machine', 'q35,accel=tcg', '-m', '512', '-monitor', 'stdio'];
    const serial = ['-chardev', `socket,id=serial,path=${path},server=on,wait=on`, '-serial', 'chardev:serial'];
    const child = spawn(process.env['BOTHY_QEMU'] ?? 'qemu-system-x86_64', [...base, ...serial, ...args], { stdio: 'pipe' });
    const socket = await waitUntil('the serial socket of QEMU', async () => {
      if (child.exitCode !== null) return undefined;
      const candidate = connect(path);
      await once(candidate, 'connect');
      return candidate;
    });
    return new RawQemu(child, socket);
  }

  /** Runs a command of the human monitor. */
  monitor(command: string): void {
    this.process.stdin?.write(`${command}\n`);
  }

  /** Types a line on the serial line. */
  send(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /** Waits until the serial line has printed something, and returns the match. */
  async waitForSerial(pattern: RegExp, options: WaitOptions = { timeoutMs: 60_000 }): Promise<RegExpExecArray> {
    try {
      return await waitUntil(`${pattern} on the serial line`, () => pattern.exec(this.serial), options);
    } catch (error) {
      throw new Error(`${String(error)}\nThe serial line ends with:\n${this.serial.slice(-1000)}\nQEMU said:\n${this.output}`);
    }
  }

  /** Waits until QEMU has ended by itself and returns its exit code. */
  waitForExit(options?: WaitOptions): Promise<number> {
    return waitUntil(
      'QEMU to end',
      () => (this.process.exitCode === null ? undefined : { code: this.process.exitCode }),
      options,
    ).then(({ code }) => code);
  }

  /** Ends QEMU at once. */
  async kill(): Promise<void> {
    this.#socket.destroy();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}
