import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Why Chromium's sandbox cannot work for this user with this Electron, with the way out; undefined when it can.
 * It needs user namespaces, or else a helper that belongs to root and is setuid.
 * @param {string} electron
 * @returns {string | undefined}
 */
export function findSandboxProblem(electron) {
  const areNamespacesRefused =
    readNumber('/proc/sys/kernel/unprivileged_userns_clone') === 0 ||
    readNumber('/proc/sys/user/max_user_namespaces') === 0 ||
    readNumber('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === 1;
  if (!areNamespacesRefused) return undefined;
  const helper = join(dirname(electron), 'chrome-sandbox');
  const facts = statSync(helper, { throwIfNoEntry: false });
  if (facts !== undefined && facts.uid === 0 && (facts.mode & 0o4000) !== 0) return undefined;
  return `this system refuses Electron its sandbox; to allow it: sudo chown root ${helper} && sudo chmod 4755 ${helper}`;
}

/** @param {string} file */
function readNumber(file) {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}
