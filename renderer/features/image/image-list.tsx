import { Menu } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Image } from '../../../contract/image.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';
import { buildLines, type ImageLine } from './group-images.ts';
import { LinkLine, MachineLine, SpareLine } from './group-lines.tsx';
import { ImageMenuItems } from './image-menu-items.tsx';
import { ImageRow } from './image-row.tsx';
import { nameImage } from './image-words.ts';

const heights: Record<ImageLine['type'], number> = { machine: 56, image: 48, link: 32, spare: 96 };
const heads = ['Image', 'Format', 'Size', 'Used here', 'Also used by'];

/** The images: by machine, chains drawn, what nothing needs at the end. Only what is seen is in the page. */
export function ImageList({
  images,
  all,
  machine,
  showSpare,
}: {
  images: readonly Image[];
  all: readonly Image[];
  /** Where to begin. */
  machine: string | null;
  /** Counts up when what nothing needs is to be shown. */
  showSpare: number;
}) {
  const openDialog = useOpenDialog();
  const lines = useMemo(() => buildLines(images, all), [images, all]);
  const rows = useMemo(
    () => lines.flatMap((line, index) => (line.type === 'image' ? [{ file: line.row.image.file, index }] : [])),
    [lines],
  );
  const [active, setActive] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ file: string; x: number; y: number } | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[lines[index]?.type ?? 'image'],
    getItemKey: (index) => lines[index]?.key ?? index,
    scrollPaddingStart: headHeight,
    overscan: 10,
  });
  const activeRow = Math.max(
    0,
    rows.findIndex(({ file }) => file === active),
  );
  const activeFile = rows[activeRow]?.file;
  useShown(virtual.scrollToIndex, lines, machine, showSpare);

  const findButton = (file: string) => scroller.current?.querySelector<HTMLElement>(`[data-open="${CSS.escape(file)}"]`);
  const go = (to: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row === undefined) return;
    setActive(row.file);
    virtual.scrollToIndex(row.index, { align: 'auto' });
    requestAnimationFrame(() => findButton(row.file)?.focus({ preventScroll: true }));
  };
  const openMenu = (file: string, x: number, y: number) => {
    setActive(file);
    setMenu({ file, x, y });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest('[data-file]') === null || activeFile === undefined || event.ctrlKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (step !== undefined) go(activeRow + step);
    else if (event.key === 'Delete') openDialog({ kind: 'delete-image', file: activeFile });
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const place = findButton(activeFile)?.getBoundingClientRect();
      // The menu would take the rest of this very key press as meant for it, and close.
      if (place !== undefined) setTimeout(() => openMenu(activeFile, place.left, place.bottom));
    } else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const file = findFile(event);
    if (file === undefined || target.closest('a') !== null) return;
    setActive(file);
    const place = target.closest('[data-menu]')?.getBoundingClientRect();
    if (place !== undefined) openMenu(file, place.right - menuWidth, place.bottom);
    else if (target.closest('[data-open]') !== null) openDialog({ kind: 'image-info', file });
    else requestAnimationFrame(() => findButton(file)?.focus({ preventScroll: true }));
  };
  const onContextMenu = (event: MouseEvent) => {
    const file = findFile(event);
    if (file === undefined) return;
    event.preventDefault();
    openMenu(file, event.clientX, event.clientY);
  };
  const menuImage = menu === null ? undefined : all.find(({ file }) => file === menu.file);

  return (
    <>
      <div className="image-body">
        <div ref={scroller} className="image-scroller">
          <div className="image-heads" style={{ height: headHeight }} aria-hidden>
            {heads.map((head, index) => (
              <span key={head} className={index === 0 ? undefined : 'image-wide'}>
                {head}
              </span>
            ))}
          </div>
          {/* Keys and clicks of all rows, which have buttons, end here. */}
          <ul
            className="image-lines"
            aria-label="Disk images"
            style={{ height: virtual.getTotalSize() }}
            onKeyDown={onKeyDown}
            onClick={onClick}
            onContextMenu={onContextMenu}
          >
            {virtual.getVirtualItems().map(({ index, start, key }) => {
              const line = lines[index];
              return line === undefined ? null : (
                <li key={key} className="image-line" style={{ transform: `translateY(${start}px)` }}>
                  {renderLine(line, activeFile)}
                </li>
              );
            })}
          </ul>
        </div>
      </div>
      {/* Beside the list: within a container that is measured, what is fixed would be fixed to that. */}
      {menu === null || menuImage === undefined ? null : (
        <Menu
          opened
          onClose={() => {
            setMenu(null);
            findButton(menu.file)?.focus({ preventScroll: true });
          }}
          position="bottom-start"
          width={menuWidth}
          returnFocus={false}
          withInitialFocusPlaceholder={false}
        >
          <Menu.Target>
            <div className="side-menu-anchor" style={{ left: menu.x, top: menu.y }} aria-hidden />
          </Menu.Target>
          <Menu.Dropdown aria-label={`Actions for ${nameImage(menuImage)}`}>
            <ImageMenuItems image={menuImage} all={all} />
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

const headHeight = 33;
const menuWidth = 200;

/** Scrolls to a machine's images when the page is opened for them, and to what nothing needs when that is asked for. */
function useShown(
  scrollToIndex: (index: number, options: { align: 'start' }) => void,
  lines: readonly ImageLine[],
  machine: string | null,
  showSpare: number,
): void {
  const machineLine = lines.findIndex((line) => line.type === 'machine' && line.id === machine);
  const isThere = machineLine >= 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each machine that is asked for, not when its line moves
  useEffect(() => {
    if (isThere) scrollToIndex(machineLine, { align: 'start' });
  }, [machine, isThere]);
  const spareLine = lines.findIndex(({ type }) => type === 'spare');
  // biome-ignore lint/correctness/useExhaustiveDependencies: once each time it is asked for
  useEffect(() => {
    if (showSpare > 0 && spareLine >= 0) scrollToIndex(spareLine, { align: 'start' });
  }, [showSpare]);
}

function findFile(event: MouseEvent): string | undefined {
  return (event.target as HTMLElement).closest<HTMLElement>('[data-file]')?.dataset['file'];
}

function renderLine(line: ImageLine, activeFile: string | undefined) {
  const height = heights[line.type];
  switch (line.type) {
    case 'machine':
      return <MachineLine line={line} height={height} />;
    case 'spare':
      return <SpareLine line={line} height={height} />;
    case 'link':
      return <LinkLine line={line} height={height} />;
    case 'image':
      return <ImageRow line={line} height={height} isActive={line.row.image.file === activeFile} />;
  }
}
