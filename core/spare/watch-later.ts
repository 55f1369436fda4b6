import { type DetachedOptions, type DetachedProcess, spawnDetached } from '../process/spawn-detached.ts';
import { buildLaterGuard, type Guard, lifelineDescriptor } from '../qemu/guard.ts';
import { isAlive, type ProcessIdentity } from '../qemu/qemu-process.ts';

/** How often this process looks whether a QEMU that is not its child has ended. */
const lookMs = 500;
/** Starting a watcher takes as long as a short command, which is not to wait for it; who dies in these milliseconds has his machine ended by the next look. */
const afterMs = 100;

/** Has a QEMU that runs already watched for its new owner, this process, or for its end in time. Without a watcher it ends all the same, at the next look. */
export function watchLater(runtimeFolder: string, qemu: ProcessIdentity, guard: Guard): void {
  if (guard.hasOwner) setTimeout(() => startWatcher(runtimeFolder, qemu, guard), afterMs);
  else startWatcher(runtimeFolder, qemu, guard);
}

function startWatcher(runtimeFolder: string, qemu: ProcessIdentity, guard: Guard): void {
  if (!isAlive(qemu)) return;
  const argv = buildLaterGuard(qemu, runtimeFolder, guard);
  const watcher = tryToSpawn(argv, guard.hasOwner ? { lifeline: lifelineDescriptor } : {});
  if (watcher === undefined) return;
  const timer = setInterval(() => {
    if (isAlive(qemu)) return;
    clearInterval(timer);
    watcher.hangUp();
  }, lookMs);
  timer.unref();
}

/** A host that can start no process now does without a watcher. */
function tryToSpawn(argv: readonly string[], options: DetachedOptions): DetachedProcess | undefined {
  try {
    return spawnDetached(argv, ['ignore', 'ignore', 'ignore'], options);
  } catch {
    return undefined;
  }
}
