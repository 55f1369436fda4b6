import { Button, Menu } from '@mantine/core';
import { IconRubberStamp, IconStack2 } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from 'react';
import { filterMachines } from '../../state/filter-machines.ts';
import { buildHash } from '../../state/route.ts';
import { useApp, useMachines, useOpenDialog, useWindow } from '../../ui/app-context.tsx';
import { formatCount } from '../../ui/format.ts';
import { ListFilter } from './list-filter.tsx';
import './machine-list.css';
import { MachineMenuItems } from './machine-menu-items.tsx';
import { MachineRow } from './machine-row.tsx';
import { useRunVerb } from './verbs.tsx';

const rowHeight = 52;

/** The machines on the left: a listbox whose choice is the page on the right. */
export function MachineList() {
  const { stores } = useApp();
  const all = useMachines((state) => state.sorted);
  const isLoaded = useMachines((state) => state.isLoaded);
  const filter = useWindow((state) => state.filter);
  const busy = useWindow((state) => state.busy);
  const chosenId = useWindow((state) => (state.route.page === 'machine' ? state.route.id : null));
  const page = useWindow((state) => state.route.page);
  const runVerb = useRunVerb();
  const openDialog = useOpenDialog();
  const machines = useMemo(() => filterMachines(all, filter), [all, filter]);
  const [menu, setMenu] = useState<{ id: string; x: number; y: number } | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: machines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => machines[index]?.id ?? index,
    overscan: 8,
  });
  const chosenIndex = machines.findIndex(({ id }) => id === chosenId);
  useEffect(() => {
    if (chosenIndex >= 0) virtual.scrollToIndex(chosenIndex, { align: 'auto' });
  }, [chosenIndex, virtual]);

  const choose = (index: number) => {
    const machine = machines[Math.max(0, Math.min(index, machines.length - 1))];
    if (machine === undefined) return;
    const { route } = stores.window.getState();
    const tab = route.page === 'machine' ? route.tab : 'overview';
    window.location.hash = buildHash({ page: 'machine', id: machine.id, tab });
  };
  const openMenu = (id: string, x: number, y: number) => setMenu({ id, x, y });
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 }[event.key];
    if (step !== undefined && !event.ctrlKey && !event.altKey) {
      choose(chosenIndex < 0 && step > 0 ? 0 : chosenIndex + step);
    } else if (chosenId !== null && (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))) {
      const row = document.getElementById(`machine-${chosenId}`)?.getBoundingClientRect();
      // The menu would take the rest of this very key press as meant for it, and close.
      if (row !== undefined) setTimeout(() => openMenu(chosenId, row.left + 48, row.bottom - 8));
    } else if (chosenId !== null && event.key === 'Delete') {
      const chosen = machines[chosenIndex];
      if (chosen?.throwaway === true) runVerb('kill', chosen);
      else openDialog({ kind: 'delete', id: chosenId });
    } else if (event.key === 'Enter') {
      document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
    } else return;
    event.preventDefault();
  };
  const findRow = (event: MouseEvent) => (event.target as HTMLElement).closest<HTMLElement>('[data-id]')?.dataset['id'];
  const onClick = (event: MouseEvent) => {
    const id = findRow(event);
    if (id !== undefined) choose(machines.findIndex((machine) => machine.id === id));
  };
  const onContextMenu = (event: MouseEvent) => {
    const id = findRow(event);
    if (id === undefined) return;
    event.preventDefault();
    openMenu(id, event.clientX, event.clientY);
  };
  const menuMachine = menu === null ? undefined : machines.find(({ id }) => id === menu.id);
  const running = all.filter(({ state }) => state === 'running').length;

  return (
    <nav className="side" aria-label="Machines">
      <ListFilter all={all} />
      <div className="side-count numeric" data-testid="machine-count">
        <span>
          {machines.length === all.length ? formatCount(all.length, 'machine') : `${machines.length} of ${all.length} machines`}
        </span>
        <span>{running} running</span>
      </div>
      {/* The scroller is the listbox: it has the focus, and names the chosen row. */}
      <div
        ref={scroller}
        className="side-scroller"
        role="listbox"
        aria-label="Machines"
        aria-activedescendant={chosenIndex >= 0 ? `machine-${chosenId}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onContextMenu={onContextMenu}
      >
        <div className="side-rows" style={{ height: virtual.getTotalSize() }} role="presentation">
          {virtual.getVirtualItems().map(({ index, start }) => {
            const machine = machines[index];
            return machine === undefined ? null : (
              <MachineRow
                key={machine.id}
                machine={machine}
                busy={busy.get(machine.id)}
                isChosen={machine.id === chosenId}
                top={start}
                position={index + 1}
                count={machines.length}
              />
            );
          })}
        </div>
      </div>
      {isLoaded && machines.length === 0 ? (
        <div className="side-empty">
          {all.length === 0 ? (
            'No machines yet.'
          ) : (
            <>
              No machine fits.
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={() => stores.window.setState({ filter: { text: '', tags: [] } })}
              >
                Show all
              </Button>
            </>
          )}
        </div>
      ) : null}
      {menu === null || menuMachine === undefined ? null : (
        <Menu opened onClose={() => setMenu(null)} position="bottom-start" width={232} returnFocus>
          <Menu.Target>
            <div className="side-menu-anchor" style={{ left: menu.x, top: menu.y }} aria-hidden />
          </Menu.Target>
          <Menu.Dropdown aria-label={`Actions for ${menuMachine.name}`}>
            <MachineMenuItems machine={menuMachine} withPlaces />
          </Menu.Dropdown>
        </Menu>
      )}
      <div className="side-links">
        <a className="side-link" href="#/templates" aria-current={page === 'templates' ? 'page' : undefined}>
          <IconRubberStamp size={18} stroke={1.5} aria-hidden />
          Templates
        </a>
        <a className="side-link" href="#/images" aria-current={page === 'images' ? 'page' : undefined}>
          <IconStack2 size={18} stroke={1.5} aria-hidden />
          Disk images
        </a>
      </div>
    </nav>
  );
}
