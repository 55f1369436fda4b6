import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { ThrowawayWish } from '../../contract/throwaway.ts';
import type { TestHome } from './test-home.ts';

/** A process of its own that starts a throwaway and stays. */
export interface Starter {
  readonly pid: number;
  /** Resolves with the throwaway's id when it runs; never for a process that was killed before. */
  readonly started: Promise<string>;
  readonly ended: Promise<unknown>;
  kill(): void;
}

/** Starts a throwaway from another process, which is killed when the running test has finished. */
export function startThrowawayElsewhere(home: TestHome, wish: ThrowawayWish): Starter {
  const child = spawn(process.execPath, [runTs, starter, JSON.stringify(wish)], {
    env: { ...home.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  onTestFinished(kill);
  const started = new Promise<string>((resolve) => {
    createInterface(child.stdout).once('line', resolve);
  });
  return { pid: child.pid ?? 0, started, ended: once(child, 'exit'), kill };
}

const runTs = join(import.meta.dirname, '../../scripts/run-ts.mjs');
const starter = join(import.meta.dirname, '../fixtures/start-throwaway.ts');
