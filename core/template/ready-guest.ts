import { findAgent } from '../agent/agent-client.ts';
import { parkShell } from '../agent/park-shell.ts';
import type { GuestFacts } from './warm-state.ts';

/** A guest that is about to be frozen; `letGo` once it is. */
export interface ReadyGuest {
  readonly guest: GuestFacts;
  readonly letGo: () => void;
}

/** Nobody could ask the guest, which stood still: whoever lets it go on finds out. */
export const unknownGuest: GuestFacts = { hasAgent: true, os: null, isShellParked: false };

/** Asks a running guest what it is, by its agent if it has one, and lets a shell wait in it for the first command of each clone. */
export async function readyGuest(runtimeFolder: string): Promise<ReadyGuest> {
  const said = await askGuest(runtimeFolder);
  const hasShell = said.hasAgent && said.os !== 'mswindows';
  const channel = hasShell ? await parkShell(runtimeFolder).catch(() => undefined) : undefined;
  return { guest: { ...said, isShellParked: channel !== undefined }, letGo: () => channel?.destroy() };
}

async function askGuest(runtimeFolder: string): Promise<Pick<GuestFacts, 'hasAgent' | 'os'>> {
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
