import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { commandTable } from '../../cli/command-table.ts';
import { findCommand } from '../../cli/find-command.ts';
import { type AppErrorData, appErrorSchema } from '../../contract/app-error.ts';
import { builtCli, type CliResult, collect } from './built-cli.ts';
import type { TestHome } from './test-home.ts';

export interface BothyOptions {
  /** What stdin holds; empty unless said otherwise. */
  readonly input?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Starts the built command line in a test's home. */
export function spawnBothy(home: TestHome, args: readonly string[], options: BothyOptions = {}): ChildProcessWithoutNullStreams {
  if (!existsSync(builtCli)) throw new Error('The command line is not built: npm run build');
  return spawn(process.execPath, [builtCli, ...args], {
    cwd: options.cwd ?? home.scratch,
    env: { ...home.environment, NO_COLOR: '1', ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the built command line to its end. */
export async function runBothy(home: TestHome, args: readonly string[], options: BothyOptions = {}): Promise<CliResult> {
  const child = spawnBothy(home, args, options);
  // A program that does not read its input may be gone before all of it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return await collect(child);
}

/** Runs a command that must succeed and returns its JSON document. */
export async function runBothyJson(home: TestHome, args: readonly string[], options: BothyOptions = {}): Promise<unknown> {
  const result = await runBothy(home, withJson(args), options);
  if (result.exitCode !== 0) throw new Error(`bothy ${args.join(' ')}: exit code ${result.exitCode}\n${result.stderr}`);
  return JSON.parse(result.stdout);
}

/** Runs a command that must fail and returns its error document and exit code. */
export async function failBothy(
  home: TestHome,
  args: readonly string[],
  options: BothyOptions = {},
): Promise<{ readonly exitCode: number | null; readonly error: AppErrorData }> {
  const result = await runBothy(home, withJson(args), options);
  if (result.exitCode === 0 || result.stdout !== '') {
    throw new Error(`bothy ${args.join(' ')} did not fail as it should: exit code ${result.exitCode}\n${result.stdout}`);
  }
  const document = JSON.parse(result.stderr) as { error: unknown };
  return { exitCode: result.exitCode, error: appErrorSchema.parse(document.error) };
}

/** After the name of the command, where no `--` and no option that awaits a value can stand before it. */
function withJson(args: readonly string[]): string[] {
  return args.toSpliced(findCommand(commandTable, args).path.length, 0, '--json');
}
