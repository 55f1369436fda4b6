import { AppError } from '../../contract/app-error.ts';
import { isRunAlive, type RunInGuest } from './end-run.ts';
import { findEnd } from './explain-gone.ts';
import type { Doubt } from './explain-silence.ts';
import { AgentRefusal } from './request-agent.ts';
import { askAgent, type ExecStatus } from './run-script.ts';

/** How often a command that takes long is looked after. */
const lookMs = 3000;
/** What the wrapper said last may still be on its way. */
const farewellMs = 1000;

/**
 * Notices when a command's wrapper was killed in the guest, so that nobody would tell of its end: asks the agent now and then. An agent
 * that does not answer proves nothing, but a guest that crashed for good does. Returns what stops the watching.
 */
export function watchRun(run: RunInGuest, place: Doubt, onLost: (error: Error) => void): () => void {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const isLost = await isGone(run);
    const end = isLost === null ? await findEnd(place).catch(() => null) : null;
    if (end !== null) return onLost(end);
    if (isLost === true) {
      timer = setTimeout(() => {
        onLost(
          new AppError('agent-missing', `The command in “${place.name}” was lost: its shell was killed in the guest.`, {
            hint: 'It was killed together with the guest agent, or for want of memory.',
          }),
        );
      }, farewellMs);
      return;
    }
    plan();
  };
  const plan = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => void look(), lookMs);
    timer.unref();
  };
  plan();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

/** The agent remembers those that ended by their process id alone, so what it says of one is made sure of. Null when nobody answers. */
async function isGone(run: RunInGuest): Promise<boolean | null> {
  const { pid } = run;
  try {
    if (run.isParked) return !(await isRunAlive(run));
    if (pid === null) return false;
    const isUnknown = (error: unknown): ExecStatus => {
      if (error instanceof AgentRefusal) return { exited: true };
      throw error;
    };
    const { exited } = await askAgent<ExecStatus>(run.runtimeFolder, 'guest-exec-status', { pid }, 2000).catch(isUnknown);
    return exited && !(await isRunAlive(run));
  } catch {
    return null;
  }
}
