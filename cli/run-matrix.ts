import { AppError } from '../contract/app-error.ts';
import type { MatrixRow } from '../contract/throwaway.ts';
import type { Call } from './call.ts';
import { buildFlagName } from './command.ts';
import { bothyFailed } from './exit-code.ts';
import { getGuestCommand } from './guest-positional.ts';
import { escapeText } from './output/escape-text.ts';
import { createLiveLines } from './output/live-lines.ts';
import { buildLiveLine, buildMatrixGrid } from './output/matrix-text.ts';
import { measureText } from './output/measure-text.ts';

/** What `bothy run --on` was asked for; the options that go with a single machine only are refused. */
export interface MatrixOptions extends Readonly<Record<string, unknown>> {
  readonly templates: readonly string[];
  readonly parallel: number | undefined;
  readonly env: readonly string[];
  readonly workdir: string | undefined;
  readonly timeout: number | undefined;
  readonly memory: number | undefined;
  readonly network: string | undefined;
}

const redrawMs = 100;
/**
 * `bothy run --on T1,T2,T3 -- CMD`: shows on a terminal how far each is, prints all results at the end, and gives the exit code: 0 when
 * every command ended with 0, 125 when Bothy failed on a template, else 1.
 */
export async function runMatrix(call: Call, options: MatrixOptions): Promise<number> {
  const { templates, parallel, env, workdir, timeout, memory, network, ...others } = options;
  checkOthers(others);
  const command = getGuestCommand(call.arguments);
  const wish = { templates, parallel, command, env, workdir, timeoutSeconds: timeout, memoryMiB: memory, network };
  const rows = new Map<number, MatrixRow>();
  const told = new Map<number, number>();
  const live = createLiveLines(process.stderr);
  const draw = (): void => {
    const widest = Math.max(...[...rows.values()].map(({ template }) => measureText(escapeText(template))));
    live.show([...rows].map(([index, row]) => buildLiveLine(row, widest, performance.now(), told.get(index) ?? 0)));
  };
  const timer = live.isVisible && !call.isJson ? setInterval(draw, redrawMs) : undefined;
  try {
    for await (const row of await call.invoke('throwaway.matrix', wish)) {
      rows.set(row.index, row);
      told.set(row.index, performance.now());
    }
  } finally {
    clearInterval(timer);
    live.clear();
    if (!call.isJson) call.output.write(buildMatrixGrid([...rows.values()], call.output.paint));
  }
  const all = [...rows.values()];
  if (call.isJson) call.output.writeJson(all);
  return all.every(({ exitCode }) => exitCode === 0) ? 0 : all.some(({ error }) => error !== null) ? bothyFailed : 1;
}

function checkOthers(others: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(others)) {
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw new AppError('usage', `${buildFlagName(key)} does not go with --on.`, {
      hint: 'Run the templates one after the other.',
    });
  }
}
