import { buildHash } from '../state/route.ts';
import { useTemplates } from './app-context.tsx';

/** A machine or a template by its name, leading to where it is shown. */
export function PlaceLink({
  machine: { id, name },
  tab = 'overview',
  className,
  tabIndex,
}: {
  machine: { readonly id: string; readonly name: string };
  tab?: 'overview' | 'console';
  className?: string;
  tabIndex?: number;
}) {
  const isTemplate = useTemplates(({ templates }) => templates?.some((template) => template.id === id) === true);
  const hash = buildHash(isTemplate ? { page: 'templates', template: id } : { page: 'machine', id, tab });
  return (
    <a href={hash} className={className} tabIndex={tabIndex}>
      {name}
    </a>
  );
}
