import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { filterMachines } from '../../state/filter-machines.ts';
import { buildHash } from '../../state/route.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';
import { StateMark, stateWord } from '../../ui/state-mark.tsx';
import './command-palette.css';
import { useCommands } from './use-commands.tsx';

const maxMachines = 8;
const maxCommands = 12;
const listId = 'palette-list';

/** Every action and every machine, found by name. */
export function CommandPalette() {
  const { stores, snapshotActions } = useApp();
  const [query, setQuery] = useState('');
  const machines = useMachines((state) => state.sorted);
  const commands = useCommands();
  const found = useMemo(() => filterMachines(machines, { text: query, tags: [] }).slice(0, maxMachines), [machines, query]);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const foundCommands = commands
    .filter(({ label, keywords }) => words.every((word) => `${label} ${keywords ?? ''}`.toLowerCase().includes(word)))
    .slice(0, maxCommands);
  useSelection(query, [...found.map(({ id }) => id), ...foundCommands.map(({ key }) => key)]);
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      onSpotlightOpen={() => {
        const { route } = stores.window.getState();
        if (route.page === 'machine') void snapshotActions.refresh(route.id);
      }}
      shortcut={['mod + K', 'mod + shift + P']}
      tagsToIgnore={[]}
      scrollable
      maxHeight={420}
      centered={false}
      yOffset="12vh"
      overlayProps={{ backgroundOpacity: 0.3, blur: 0 }}
      // Whoever types at once types into it: it is there, and has the focus, before the next key comes.
      transitionProps={{ duration: 0 }}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
    >
      <Spotlight.Search
        autoFocus
        placeholder="Find a machine or an action"
        aria-label="Find a machine or an action"
        leftSection={<IconSearch size={18} stroke={1.5} />}
      />
      <Spotlight.ActionsList id={listId}>
        {found.length === 0 ? null : (
          <Spotlight.ActionsGroup label="Machines">
            {found.map((machine) => (
              <Spotlight.Action
                key={machine.id}
                onClick={() => {
                  window.location.hash = buildHash({ page: 'machine', id: machine.id, tab: 'overview' });
                }}
              >
                <span className="palette-row">
                  <StateMark state={machine.state} size={20} />
                  <span className="truncate">{machine.name}</span>
                  <span className="palette-soft">{stateWord(machine.state)}</span>
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        )}
        {foundCommands.length === 0 ? null : (
          <Spotlight.ActionsGroup label="Actions">
            {foundCommands.map(({ key, label, icon: CommandIcon, run }) => (
              <Spotlight.Action
                key={key}
                onClick={() => {
                  spotlight.close();
                  run();
                }}
              >
                <span className="palette-row">
                  <CommandIcon size={18} stroke={1.5} aria-hidden />
                  <span className="truncate">{label}</span>
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.length + foundCommands.length === 0 ? <Spotlight.Empty>Nothing is called that.</Spotlight.Empty> : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/**
 * The list may change while it is open: snapshots were read, a machine ended. Spotlight marks the first entry only as somebody
 * types; when its mark went with an entry, or came before there was one, Enter would do nothing.
 */
function useSelection(query: string, keys: readonly string[]): void {
  const shown = keys.join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the list in the page that changes with them
  useEffect(() => {
    const list = document.getElementById(listId);
    if (query === '' || list === null || list.querySelector('[data-selected]') !== null) return;
    list.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
  }, [query, shown]);
}
