import { findAgent } from '../agent/agent-client.ts';

/** What the agent of a running guest calls its system, such as `debian`; null when none answers or it does not say. */
export async function askGuestOs(runtimeFolder: string): Promise<string | null> {
  const agent = await findAgent(runtimeFolder).catch(() => undefined);
  if (agent === undefined) return null;
  try {
    return (await agent.execute<{ id?: string }>('guest-get-osinfo', undefined, 2000)).id ?? null;
  } catch {
    return null;
  } finally {
    agent.close();
  }
}
