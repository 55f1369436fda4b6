import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { collect, startCli } from '../kit/built-cli.ts';
import { openWebFace } from '../kit/web-face.ts';
import { callOperation } from './call-operation.ts';

/** A face in a process of its own that can be asked for one thing and killed at any moment. */
export interface KillableFace {
  readonly name: string;
  /** Within this time nearly every operation is done; kills are spread over it. */
  readonly longestMs: number;
  open(environment: Readonly<Record<string, string | undefined>>): Promise<{
    /** Asks the face for an operation, such as `machine.start`; the command line knows those of `buildCommand`. */
    run(operation: string, input: object): Promise<unknown>;
    /** SIGKILL; true when it came before the operation's end. */
    kill(): boolean;
    readonly ended: Promise<unknown>;
  }>;
}

/** The built command line. */
export const commandLineFace: KillableFace = {
  name: 'cli',
  longestMs: 600,
  async open(environment) {
    let ended: Promise<unknown> = Promise.resolve();
    let kill = (): boolean => false;
    return {
      run: async (operation, input) => {
        const child = startCli(environment, ...buildCommand(operation, input as CommandInput), '--json');
        const result = collect(child);
        ended = result;
        kill = () => child.exitCode === null && child.kill('SIGKILL');
        const { exitCode, stderr } = await result;
        if (exitCode !== 0) throw readError(stderr);
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
      run: async (operation, input) => {
        await callOperation(face.client.call, operation, input).finally(() => {
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
      run: async (operation, input) => {
        child.stdin.write(`${JSON.stringify({ operation, input })}\n`);
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
  readonly snapshot?: string;
  readonly present?: 'keep' | 'discard';
  readonly keepAs?: string;
  readonly descendants?: boolean;
  readonly full?: boolean;
  readonly file?: string;
  readonly force?: boolean;
}

function buildCommand(operation: string, input: CommandInput): string[] {
  const { machine = '', name = '', snapshot = '' } = input;
  const flag = (isSet: boolean | undefined, ...words: string[]): string[] => (isSet === true ? words : []);
  switch (operation) {
    case 'machine.create': {
      const settings = ['--memory', '64M', '--cpus', '1', '--disk', '64M', '--accelerator', 'tcg'];
      return ['create', name, ...settings, ...flag(input.start, '--start')];
    }
    case 'machine.clone':
      return ['clone', machine, name, ...flag(input.full, '--full'), ...flag(snapshot !== '', '--snapshot', snapshot)];
    case 'machine.export':
      return ['export', machine, input.file ?? '', ...flag(input.force, '--force')];
    case 'machine.import':
      return ['import', input.file ?? '', '--name', name];
    case 'snapshot.create':
      return ['snapshot', 'create', machine, name];
    case 'snapshot.restore': {
      const present = input.present === 'keep' ? ['--keep', '--keep-as', input.keepAs ?? ''] : ['--discard'];
      return ['snapshot', 'restore', machine, snapshot, ...present];
    }
    case 'snapshot.delete':
      return ['snapshot', 'delete', machine, snapshot, ...flag(input.descendants, '--descendants')];
    default:
      return [operation.replace('machine.', ''), machine];
  }
}

/** With its code, as the other faces give it. */
function readError(stderr: string): Error {
  try {
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
    return Object.assign(new Error(error.message), { code: error.code });
  } catch {
    return new Error(stderr);
  }
}
