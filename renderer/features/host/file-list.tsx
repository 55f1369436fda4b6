import { IconDisc, IconFile, IconFolder } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type RefObject, useEffect } from 'react';
import { formatBytes } from '../../ui/format.ts';
import { type FileEntry, fitsKind } from './list-files.ts';

const rowHeight = 32;

/** The entries of a folder as a listbox; folders may be large, so only what is seen is drawn. */
export function FileList({
  ref,
  entries,
  active,
  emptyText,
  onActivate,
  onTake,
  onKeyDown,
}: {
  ref: RefObject<HTMLDivElement | null>;
  entries: readonly FileEntry[];
  active: number;
  emptyText: string;
  onActivate: (index: number) => void;
  onTake: (entry: FileEntry) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}) {
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => ref.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  useEffect(() => {
    if (active < entries.length) virtual.scrollToIndex(active, { align: 'auto' });
  }, [active, entries.length, virtual]);
  return (
    <div
      ref={ref}
      id="chooser-list"
      role="listbox"
      aria-label="Files"
      tabIndex={0}
      className="chooser-list"
      aria-activedescendant={entries.length > 0 ? `chooser-${active}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div className="chooser-rows" style={{ height: virtual.getTotalSize() }} role="presentation">
        {virtual.getVirtualItems().map(({ index, start }) => {
          const entry = entries[index];
          if (entry === undefined) return null;
          const EntryIcon = entry.kind === 'folder' ? IconFolder : fitsKind(entry.name, 'iso') ? IconDisc : IconFile;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox has the focus and the keys
            <div
              key={entry.path}
              role="option"
              id={`chooser-${index}`}
              aria-selected={index === active}
              tabIndex={-1}
              className="chooser-row"
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => onActivate(index)}
              onDoubleClick={() => onTake(entry)}
            >
              <EntryIcon size={16} stroke={1.5} aria-hidden className="chooser-icon" data-kind={entry.kind} />
              <span className="truncate">{entry.name}</span>
              <span className="chooser-size numeric">{entry.size === null ? '' : formatBytes(entry.size)}</span>
            </div>
          );
        })}
      </div>
      {entries.length === 0 ? <p className="chooser-empty">{emptyText}</p> : null}
    </div>
  );
}
