import { findAgent } from '../agent/agent-client.ts';
import type { WarmState } from './warm-state.ts';

type GuestFacts = WarmState['guest'];

/** Nobody could ask the guest, which stood still: whoever lets it go on finds out. */
export const unknownGuest: GuestFacts = { hasAgent: true, os: null };

/** What a running guest says of itself, by its agent if it has one. */
export async function askGuest(runtimeFolder: string): Promise<GuestFacts> {
  const agent = await findAgent(runtimeFolder).catch(() => undefined);
  if (agent === undefined) return { hasAgent: false, os: null };
  try {
    return { hasAgent: true, os: (await agent.execute<{ id?: string }>('guest-get-osinfo', undefined, 2000)).id ?? null };
  } catch {
    return { hasAgent: true, os: null };
  } finally {
    agent.close();
  }
}
