import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { rootFolder } from '../source-files.mjs';

const program = join(rootFolder, 'dist/cli/bothy.js');

/** A command that failed, with what it said. */
export class BothyFailed extends Error {}

/**
 * Runs the built command line in the user's own home of Bothy and gives its JSON document. Ctrl+C of the terminal reaches the
 * command too, which then ends by itself; with `isShielded` it does not.
 */
export function bothy<T = unknown>(args: readonly [string, ...string[]], { isShielded = false } = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: isShielded,
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as T);
      else reject(new BothyFailed(explain(errors)));
    });
  });
}

/** The message and the hint of an error as `--json` prints it. */
function explain(errors: string): string {
  try {
    const { error } = JSON.parse(errors) as { error: { message: string; hint?: string } };
    return error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
  } catch {
    return errors.trim();
  }
}
