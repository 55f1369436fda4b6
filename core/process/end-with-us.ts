import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { type Environment, findProgram } from '../host/find-program.ts';

/**
 * How to call a program so that it is killed with this process, however that ends: by setpriv(1) of util-linux, where it is
 * there. A killed face would else leave tools behind that go on writing, and keep what they have open from others.
 */
export function endWithUs(program: string, environment: Environment): [string, ...string[]] {
  const setpriv = findProgram('setpriv', environment);
  // BusyBox has one that does not know this option.
  if (setpriv === undefined || basename(realpathSync(setpriv)) !== 'setpriv') return [program];
  return [setpriv, '--pdeathsig', 'KILL', program];
}
