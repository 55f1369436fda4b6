import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The variables a core was given. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The absolute path of a program on `PATH`, then in `more` folders, which are often not on it. */
export function findProgram(name: string, environment: Environment, more: readonly string[] = []): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return [...folders, ...more].map((folder) => join(folder, name)).find(isExecutableFile);
}

/** Whether the path is a file this user may run. */
export function isExecutableFile(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
