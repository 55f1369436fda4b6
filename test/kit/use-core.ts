import { onTestFinished } from 'vitest';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { type TestHome, useTestHome } from './test-home.ts';

/** A core in a home of its own, which forces every machine off when the running test has finished. */
export function useCore(environment: Readonly<Record<string, string>> = {}, home: TestHome = useTestHome()): CoreOfTest {
  const core = createCore({ environment: { ...home.environment, ...environment } });
  onTestFinished(async () => {
    for (const machine of await core.handlers.machine.list({}, {})) {
      await core.handlers.machine.kill({ machine: machine.id }, {}).catch(() => {});
    }
    await core.close();
  });
  return { core, machine: core.handlers.machine, home, folder: home.folder, scratch: home.scratch };
}

export interface CoreOfTest {
  readonly core: Core;
  readonly machine: Core['handlers']['machine'];
  readonly home: TestHome;
  readonly folder: string;
  readonly scratch: string;
}

/** A machine that costs next to nothing: no disk, little memory, its firmware finds nothing to boot. */
export const tinyMachine = {
  source: { type: 'empty' },
  memoryMiB: 64,
  cpus: 1,
  diskSize: 0,
  accelerator: 'tcg',
} as const;

/** Awaits a failure and gives its error. */
export async function getFailure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => Promise.reject(new Error(`expected a failure, got ${JSON.stringify(value)}`)),
    (error: unknown) => error,
  );
}
