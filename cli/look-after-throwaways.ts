import type { Call } from './call.ts';

/**
 * Has throwaways that are over thrown away, until the function it gives is called: their consoles end with that. A face that shows all
 * machines does so anyway; a console looks at nothing else.
 */
export async function lookAfterThrowaways(call: Call): Promise<() => void> {
  const done = new AbortController();
  const { watch } = (await call.core()).handlers;
  const look = async (): Promise<void> => {
    for await (const _event of watch.all({}, { signal: done.signal }));
  };
  void look().catch(() => {});
  return () => done.abort();
}
