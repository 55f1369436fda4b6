import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A program of `test/fixtures` made runnable for a Node that knows no TypeScript; removed when the running test has finished. */
export async function buildFixture(name: string): Promise<string> {
  const { build } = await import('vite');
  const folder = mkdtempSync('/tmp/bothy-fixture-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, '../fixtures', name),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: '[name].mjs' } },
    },
  });
  return join(folder, basename(name).replace(/\.ts$/, '.mjs'));
}

/** Runs it in a process of its own, which is killed when the running test has finished. */
export function spawnProgram(program: string, argv: readonly string[], environment = process.env): ChildProcess {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

/** Waits until a program prints a line, and gives it. */
export async function readLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.slice(0, text.indexOf('\n'));
}
