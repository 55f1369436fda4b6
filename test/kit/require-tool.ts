import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** The path of a program on PATH, undefined when it is not there. */
export function findTool(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Says that a test cannot run without something. That is a failure, so that nothing is left out by accident; with
 * ALLOW_SKIP=1 the test is skipped and named with the reason at the end of the run.
 */
export function requireOrSkip(context: TestContext, isPresent: boolean, reason: string): void {
  if (isPresent) return;
  if (process.env['ALLOW_SKIP'] === '1') context.skip(reason);
  throw new Error(`${reason} (ALLOW_SKIP=1 skips the test)`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
