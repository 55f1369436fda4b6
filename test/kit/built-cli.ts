import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The built command line; `npm run build` makes it. */
export const builtCli = join(import.meta.dirname, '../../dist/cli/bothy.js');

/** How a command ended. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end. */
export function runCli(environment: Readonly<Record<string, string | undefined>>, ...args: string[]): Promise<CliResult> {
  return collect(startCli(environment, ...args));
}

/** Starts the built command line and leaves the rest to the test. */
export function startCli(environment: Readonly<Record<string, string | undefined>>, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [builtCli, ...args], { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for a command's end, with what it printed. */
export async function collect(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signal, stdout, stderr };
}
