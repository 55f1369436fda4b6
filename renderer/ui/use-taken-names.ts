import { useMemo } from 'react';
import { useMachines, useTemplates } from './app-context.tsx';

/** The names that are in use: machines and templates share them. */
export function useTakenNames(): ReadonlySet<string> {
  const machines = useMachines((state) => state.sorted);
  const templates = useTemplates((state) => state.templates);
  return useMemo(() => new Set([...machines, ...(templates ?? [])].map(({ name }) => name)), [machines, templates]);
}
