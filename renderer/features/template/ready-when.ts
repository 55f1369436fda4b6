/** When a boot counts as ready, as a form holds it; `person`: only somebody who looks can tell. */
export type ReadyKind = 'person' | 'agent' | 'ssh' | 'serial';

/** The condition, its text for the serial line, and the minutes after which it is given up. */
export interface ReadyValues {
  readonly kind: ReadyKind;
  readonly text: string;
  readonly minutes: number | '';
}

/** The form of a condition that is known, or of none. */
export function parseReadyWhen(readyWhen: string | null): ReadyValues {
  if (readyWhen === 'agent' || readyWhen === 'ssh') return { kind: readyWhen, text: '', minutes: 5 };
  if (readyWhen?.startsWith('serial:') === true) return { kind: 'serial', text: readyWhen.slice('serial:'.length), minutes: 5 };
  return { kind: 'person', text: '', minutes: 5 };
}

/** The condition as the operation takes it; null for none. */
export function buildReadyWhen({ kind, text }: ReadyValues): string | null {
  if (kind === 'person') return null;
  return kind === 'serial' ? `serial:${text}` : kind;
}

/** What is wrong with it, in words. */
export function findReadyProblem({ kind, text, minutes }: ReadyValues): string | null {
  if (kind === 'serial' && text.trim() === '') return 'Write a part of what its serial line prints when it is ready.';
  if (kind !== 'person' && (minutes === '' || minutes <= 0 || minutes > 1440))
    return 'Wait between a part of a minute and a day.';
  return null;
}
