import { findProcesses } from './processes.ts';
import type { TestHome } from './test-home.ts';

/** The QEMUs of a home, with the machine each one runs, by their command lines. */
export function listQemus(home: TestHome): { readonly pid: number; readonly machine: string }[] {
  const pattern = new RegExp(`-pidfile ${home.folder}/run/([0-9a-z]{12})/qemu\\.pid`);
  return findProcesses(home.folder).flatMap(({ pid, commandLine }) => {
    const machine = pattern.exec(commandLine)?.[1];
    // The watcher of a throwaway's QEMU has the same words.
    return machine === undefined || commandLine.startsWith('/bin/sh') ? [] : [{ pid, machine }];
  });
}
