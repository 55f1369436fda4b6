import { AppError } from '../../contract/app-error.ts';
import { isRunAlive, type RunInGuest } from './end-run.ts';
import { findEnd, hasRestarted } from './explain-gone.ts';
import type { Doubt } from './explain-silence.ts';
import type { MarkedStream } from './marked-stream.ts';
import { AgentRefusal } from './request-agent.ts';
import { askAgent, type ExecStatus } from './run-script.ts';

/** How often a command that takes long is looked after. */
const lookMs = 3000;
/** What the wrapper said last may still be on its way. */
const farewellMs = 1000;

/**
 * Notices when nobody will tell of a command's end: its wrapper was killed in the guest, the guest restarted, or crashed for good. Asks
 * the agent now and then; one that does not answer proves nothing. What was said before still comes, however slow its reader is.
 * Returns what stops the watching.
 */
export function watchRun(
  run: RunInGuest,
  place: Doubt,
  streams: readonly MarkedStream[],
  onLost: (error: Error) => void,
): () => void {
  const begin = Date.now();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => void look(), lookMs);
    timer.unref();
  };
  const look = async (): Promise<void> => {
    const reason = await findLoss(run, place, begin);
    if (reason === null || isStopped) return plan();
    timer = setTimeout(() => (streams.some((stream) => stream.isFlowing()) ? plan() : onLost(reason)), farewellMs);
  };
  plan();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

async function findLoss(run: RunInGuest, place: Doubt, begin: number): Promise<AppError | null> {
  if (hasRestarted(place, begin))
    return new AppError('wrong-state', `The guest of “${place.name}” restarted before its command had ended.`);
  const isLost = await isGone(run);
  if (isLost === null) return findEnd(place).catch(() => null);
  if (!isLost) return null;
  return new AppError('agent-missing', `The command in “${place.name}” was lost: its shell was killed in the guest.`, {
    hint: 'It was killed together with the guest agent, or for want of memory.',
  });
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
