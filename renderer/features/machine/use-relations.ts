import { useEffect, useState } from 'react';
import type { Relations } from '../../../contract/snapshot.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';

/** A machine's relations, read again when it, a relative, or the number of machines changes; null until they are known. */
export function useRelations(id: string): Relations | null {
  const { client } = useApp();
  const [read, setRead] = useState<{ id: string; relations: Relations } | null>(null);
  const relations = read?.id === id ? read.relations : null;
  const relatives = relations === null ? [] : [...relations.buildsOn, ...relations.dependents];
  const family = useMachines(
    (state) => `${state.byId.size} ${[id, ...relatives.map((one) => one.id)].map((one) => state.revisions.get(one)).join(' ')}`,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the family's revisions say when to read again
  useEffect(() => {
    const controller = new AbortController();
    client.call.machine.relations({ machine: id }, { signal: controller.signal }).then(
      (next) => {
        if (!controller.signal.aborted) setRead({ id, relations: next });
      },
      // What cannot be told is not shown; whoever asks for a change hears why it is refused.
      () => undefined,
    );
    return () => controller.abort();
  }, [client, id, family]);
  return relations;
}
