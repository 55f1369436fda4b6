import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { collect, startCli } from '../kit/built-cli.ts';
import { openWebFace } from '../kit/web-face.ts';

/** A face in a process of its own that can be asked for one thing and killed at any moment. */
export interface KillableFace {
  readonly name: string;
  /** Within this time nearly every operation is done; kills are spread over it. */
  readonly longestMs: number;
  open(environment: Readonly<Record<string, string | undefined>>): Promise<{
    /** Asks the face for `machine.<verb>`. */
    run(verb: 'create' | 'start' | 'delete', input: object): Promise<unknown>;
    /** SIGKILL; true when it came before the operation's end. */
    kill(): boolean;
    readonly ended: Promise<unknown>;
  }>;
}

/** `bothy create`, `start`, `delete`. */
export const commandLineFace: KillableFace = {
  name: 'cli',
  longestMs: 600,
  async open(environment) {
    let ended: Promise<unknown> = Promise.resolve();
    let kill = (): boolean => false;
    return {
      run: async (verb, input) => {
        const child = startCli(environment, ...buildCommand(verb, input as CommandInput));
        const result = collect(child);
        ended = result;
        kill = () => child.exitCode === null && child.kill('SIGKILL');
        const { exitCode, stderr } = await result;
        if (exitCode !== 0) throw new Error(stderr);
      },
      kill: () => kill(),
      get ended() {
        return ended;
      },
    };
  },
};

/** A call from a window to `bothy serve`, which is what gets killed. */
export const webModeFace: KillableFace = {
  name: 'web',
  longestMs: 300,
  async open(environment) {
    const face = await openWebFace(environment);
    const exited = once(face.process, 'exit');
    let isDone = false;
    return {
      run: async (verb, input) => {
        const calls = face.client.call.machine as unknown as Record<string, (input: object) => Promise<unknown>>;
        await calls[verb]?.(input).finally(() => {
          isDone = true;
        });
      },
      kill: () => {
        face.process.kill('SIGKILL');
        face.client.close();
        return !isDone;
      },
      ended: exited,
    };
  },
};

/** A call from a window to Electron's main process: the built bundle on the stand-in of Electron. */
export const electronFace: KillableFace = {
  name: 'electron',
  longestMs: 300,
  async open(environment) {
    const child = spawn(process.execPath, [runTs, electronChild], {
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = createInterface(child.stdout);
    const waitForLine = async (): Promise<void> => {
      await Promise.race([
        once(lines, 'line'),
        exited.then(() => {
          throw new Error('the Electron face ended early');
        }),
      ]);
    };
    await waitForLine();
    let isDone = false;
    return {
      run: async (verb, input) => {
        child.stdin.write(`${JSON.stringify({ verb, input })}\n`);
        await waitForLine();
        isDone = true;
      },
      kill: () => {
        child.kill('SIGKILL');
        return !isDone;
      },
      ended: exited,
    };
  },
};

const runTs = join(import.meta.dirname, '../../scripts/run-ts.mjs');
const electronChild = join(import.meta.dirname, 'electron-child.ts');

interface CommandInput {
  readonly machine?: string;
  readonly name?: string;
  readonly start?: boolean;
}

function buildCommand(verb: string, { machine, name, start }: CommandInput): string[] {
  if (machine !== undefined) return [verb, machine];
  const settings = ['--memory', '64M', '--cpus', '1', '--disk', '64M', '--accelerator', 'tcg'];
  return [verb, name ?? '', ...settings, ...(start === true ? ['--start'] : [])];
}
