import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program to its end and gives the time it took, in ms. Throws when it fails. */
export async function timeRun(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  return (await timeAnswer(argv, environment)).endMs;
}

/** From the start of a program, in ms. */
export interface AnswerTimes {
  /** Until the first of its output is there; NaN when there is none. */
  readonly answerMs: number;
  readonly endMs: number;
}

/** Runs a program to its end and reads what it prints. Throws when it fails. */
export async function timeAnswer(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<AnswerTimes> {
  const [program = '', ...rest] = argv;
  const begin = performance.now();
  const child = spawn(program, rest, { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let answerMs = Number.NaN;
  child.stdout.once('data', () => {
    answerMs = performance.now() - begin;
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const endMs = performance.now() - begin;
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${errors}`);
  return { answerMs, endMs };
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How often something is measured: as often as its report says, unless BOTHY_BENCH_ROUNDS wants it shorter. */
export function roundsOf(wanted: number): number {
  return Math.min(wanted, Number(process.env['BOTHY_BENCH_ROUNDS'] ?? wanted));
}

/** One line of the report: what was compared, the ratio, and the goal. */
export function report(what: string, ratio: number, goal: string, detail: string): void {
  console.log(`${what.padEnd(58)} ${ratio.toFixed(2).padStart(7)}   goal ${goal.padEnd(14)} ${detail}`);
}

/** CPU time a process has used so far, in seconds (proc(5), utime + stime). */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
