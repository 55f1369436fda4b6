import { Menu } from '@mantine/core';
import { type KeyboardEvent, type MouseEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { MachineLink, TimelineInfo } from '../../../contract/snapshot.ts';
import { findDirectClones } from '../../state/find-direct-clones.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';
import { useNow } from '../../ui/use-now.ts';
import { rowHeight } from './draw-tree.ts';
import { layoutTree, presentId } from './layout-tree.ts';
import { findNextRow } from './move-in-tree.ts';
import { PresentRow } from './present-row.tsx';
import { SnapshotMenuItems } from './snapshot-menu-items.tsx';
import { SnapshotRow } from './snapshot-row.tsx';
import './snapshot-tree.css';
import { TreeLines } from './tree-lines.tsx';

/** The timeline: nodes and lines, moved in with the arrow keys. One row takes part in the order of Tab. */
export function SnapshotTree({ machine, info }: { machine: MachineSummary; info: TimelineInfo }) {
  const openDialog = useOpenDialog();
  const now = useNow(30_000);
  const layout = useMemo(() => layoutTree(info.snapshots, info.current), [info.snapshots, info.current]);
  const byId = useMemo(() => new Map(info.snapshots.map((snapshot) => [snapshot.id, snapshot])), [info.snapshots]);
  const clones = useMemo(() => findDirectClones(info.snapshots), [info.snapshots]);
  const [wished, setChosen] = useState(presentId);
  const [menu, setMenu] = useState<{ id: string; x: number; y: number } | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const chosen = wished === presentId || byId.has(wished) ? wished : presentId;
  const path = useMemo(
    () => findPath(chosen, (id) => (id === presentId ? info.current : byId.get(id)?.parent)),
    [chosen, info, byId],
  );

  // The trunk's end is what a person looks for first.
  useEffect(() => {
    tree.current?.querySelector('[data-current="true"]')?.scrollIntoView({ block: 'nearest' });
  }, []);
  // A focused row that is deleted would leave the keyboard nowhere.
  useEffect(() => {
    if (chosen !== wished && document.activeElement === document.body) findElement(tree, chosen)?.focus();
  }, [chosen, wished]);

  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    setChosen(id);
    findElement(tree, id)?.focus();
  };
  const openMenu = (id: string, x: number, y: number) => {
    setChosen(id);
    setMenu({ id, x, y });
  };
  const openMenuAt = (id: string) => {
    const place = findElement(tree, id)?.querySelector('.snapshot-card')?.getBoundingClientRect();
    // The menu would take the rest of this very key press as meant for it, and close.
    if (place !== undefined) setTimeout(() => openMenu(id, place.left + 96, place.bottom - 12));
  };
  const takeOrMenu = (id: string) => (id === presentId ? openDialog({ kind: 'take-snapshot', id: machine.id }) : openMenuAt(id));

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    // Buttons and links in a row have keys of their own.
    if (event.ctrlKey || event.altKey || event.metaKey || target.getAttribute('role') !== 'treeitem') return;
    const next = findNextRow(layout, chosen, event.key);
    if (next !== undefined) focus(next);
    else if (event.key === 'Enter' || event.key === ' ' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))
      takeOrMenu(chosen);
    else if (event.key === 'Delete' && chosen !== presentId)
      openDialog({ kind: 'delete-snapshot', id: machine.id, snapshot: chosen });
    else if (event.key === 'F2' && chosen !== presentId) openDialog({ kind: 'edit-snapshot', id: machine.id, snapshot: chosen });
    else return;
    event.preventDefault();
  };
  const findRow = (event: { target: EventTarget }) => (event.target as HTMLElement).closest<HTMLElement>('[data-id]');
  const onClick = (event: MouseEvent) => {
    const id = findRow(event)?.dataset['id'];
    const button = (event.target as HTMLElement).closest<HTMLElement>('[data-action]');
    if (id === undefined) return;
    setChosen(id);
    const action = button?.dataset['action'];
    if (action === 'restore') openDialog({ kind: 'restore', id: machine.id, snapshot: id });
    else if (action === 'take') openDialog({ kind: 'take-snapshot', id: machine.id });
    else if (action === 'menu' && button !== null) {
      const { right, bottom } = button.getBoundingClientRect();
      openMenu(id, right - menuWidth, bottom);
    }
  };
  const onContextMenu = (event: MouseEvent) => {
    const id = findRow(event)?.dataset['id'];
    if (id === undefined || id === presentId) return;
    event.preventDefault();
    openMenu(id, event.clientX, event.clientY);
  };
  const menuSnapshot = menu === null ? undefined : byId.get(menu.id);

  return (
    <>
      <div
        ref={tree}
        role="tree"
        aria-label={`Snapshots of ${machine.name}`}
        className="snapshot-tree"
        style={{ minHeight: layout.rows.length * rowHeight }}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onContextMenu={onContextMenu}
        onFocus={(event) => {
          const id = findRow(event)?.dataset['id'];
          if (id !== undefined) setChosen(id);
        }}
      >
        <TreeLines layout={layout} path={path} />
        {layout.rows.map((row) => {
          const snapshot = byId.get(row.id);
          if (snapshot !== undefined)
            return (
              <SnapshotRow
                key={row.id}
                machine={machine.id}
                snapshot={snapshot}
                clones={clones.get(row.id) ?? none}
                row={row}
                isChosen={row.id === chosen}
                now={now}
              />
            );
          return <PresentRow key={row.id} machine={machine} info={info} row={row} isChosen={chosen === presentId} />;
        })}
      </div>
      {menu === null || menuSnapshot === undefined ? null : (
        <Menu
          opened
          onClose={() => {
            setMenu(null);
            findElement(tree, menu.id)?.focus();
          }}
          position="bottom-start"
          width={menuWidth}
          returnFocus={false}
          withInitialFocusPlaceholder={false}
        >
          <Menu.Target>
            <div className="side-menu-anchor" style={{ left: menu.x, top: menu.y }} aria-hidden />
          </Menu.Target>
          <Menu.Dropdown aria-label={`Actions for ${menuSnapshot.name}`}>
            <SnapshotMenuItems machine={machine.id} snapshot={menuSnapshot} />
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

const menuWidth = 236;
const none: readonly MachineLink[] = [];

function findElement(tree: RefObject<HTMLElement | null>, id: string): HTMLElement | null {
  return tree.current?.querySelector<HTMLElement>(`[data-id="${id}"]`) ?? null;
}

/** A node and all it grew from. */
function findPath(from: string, findParent: (id: string) => string | null | undefined): ReadonlySet<string> {
  const path = new Set<string>();
  for (let id: string | null | undefined = from; id != null && !path.has(id); id = findParent(id)) path.add(id);
  return path;
}
