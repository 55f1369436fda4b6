import { ActionIcon, Button, Checkbox, Group, Loader, Modal, TextInput } from '@mantine/core';
import { IconCornerLeftUp } from '@tabler/icons-react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { FolderListing } from '../../../contract/host.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import './file-chooser.css';
import { FileList } from './file-list.tsx';
import { type FileEntry, type FileKind, listFiles, splitFolder } from './list-files.ts';

const lastFolderKey = 'bothy.last-folder';

/** Chooses a file of the host, which in the web mode need not be the computer of the browser. */
export function FileChooser({
  title,
  kind,
  start,
  onChoose,
  onClose,
}: {
  title: string;
  kind: FileKind;
  start: string;
  onChoose: (path: string) => void;
  onClose: () => void;
}) {
  const { client } = useApp();
  const { run, error, isBusy } = useAction();
  const [listing, setListing] = useState<FolderListing | null>(null);
  const [text, setText] = useState('');
  const [isShowingAll, setShowingAll] = useState(kind === 'any');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const entries = useMemo(
    () => (listing === null ? [] : listFiles(listing.entries, { kind, text: text.includes('/') ? '' : text, isShowingAll })),
    [listing, kind, text, isShowingAll],
  );
  const chosen = entries[Math.min(active, entries.length - 1)];

  const turns = useRef<{ newest: number; before: Promise<unknown> }>({ newest: 0, before: Promise.resolve() });
  /** Reads a folder after the one that is being read; of several that wait, the newest. False when it could not be read. */
  const go = useCallback(
    (folder: string | undefined, typed = ''): Promise<boolean> => {
      turns.current.newest += 1;
      const turn = turns.current.newest;
      const isOld = () => turn !== turns.current.newest;
      const read = () =>
        run(async () => {
          const next = await client.call.host.browse(folder === undefined ? {} : { folder });
          setListing(next);
          // What was typed while the folder was being read stays.
          setText((now) => (now === typed ? '' : now));
          setActive(0);
          localStorage.setItem(lastFolderKey, next.folder);
        });
      const work = turns.current.before.then(async () => isOld() || (await read()) || isOld());
      turns.current.before = work;
      return work;
    },
    [client, run],
  );
  useEffect(() => {
    const wanted = start.startsWith('/') ? start.replace(/\/[^/]*$/, '') || '/' : localStorage.getItem(lastFolderKey);
    void go(wanted ?? undefined).then((isDone) => {
      if (!isDone) void go(undefined);
    });
  }, [go, start]);

  const take = (entry: FileEntry | undefined) => {
    if (entry === undefined) return;
    if (entry.kind === 'folder') void go(entry.path, text);
    else onChoose(entry.path);
  };
  const takeText = async () => {
    const path = text.trim();
    if (!path.startsWith('/')) return take(chosen);
    // What is typed may be a folder to look into, or already the file.
    const folder = await client.call.host.browse({ folder: path.replace(/(?<=.)\/$/, '') }).catch(() => undefined);
    if (folder === undefined && kind !== 'folder') onChoose(path);
    else if (folder === undefined) await go(path, text);
    else await go(folder.folder, text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) setActive(Math.max(0, Math.min(entries.length - 1, active + step)));
    else if (event.key === 'Enter') void takeText();
    else if (event.key === 'Backspace' && text === '' && listing?.parent != null) void go(listing.parent);
    else return;
    event.preventDefault();
  };

  return (
    <Modal opened onClose={onClose} title={title} size={640}>
      <div className="chooser">
        <div className="chooser-path">
          <ActionIcon
            aria-label="Folder above"
            disabled={listing?.parent == null}
            onClick={() => void go(listing?.parent ?? undefined, text)}
          >
            <IconCornerLeftUp size={16} />
          </ActionIcon>
          <nav className="chooser-crumbs" aria-label="Folders above">
            {splitFolder(listing?.folder ?? '/').map(({ name, path }) => (
              <button type="button" key={path} onClick={() => void go(path, text)}>
                {name}
              </button>
            ))}
          </nav>
          {isBusy ? <Loader size={14} /> : null}
        </div>
        <TextInput
          data-autofocus
          aria-label="Filter, or type a path"
          placeholder="Filter, or type a path"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          aria-controls="chooser-list"
        />
        {error === null ? null : <ErrorNotice error={error} />}
        <FileList
          ref={list}
          entries={entries}
          active={active}
          emptyText={
            listing === null
              ? ''
              : kind === 'folder'
                ? 'No folders here.'
                : isShowingAll || listing.entries.length === 0
                  ? 'Nothing here.'
                  : 'Nothing here that fits.'
          }
          onActivate={setActive}
          onTake={take}
          onKeyDown={onKeyDown}
        />
        <Group justify="space-between">
          {kind === 'any' || kind === 'folder' ? (
            <span />
          ) : (
            <Checkbox
              size="xs"
              label="Show all files"
              checked={isShowingAll}
              onChange={(event) => setShowingAll(event.currentTarget.checked)}
            />
          )}
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            {kind === 'folder' ? (
              <Button disabled={listing === null} onClick={() => onChoose(listing?.folder ?? '')}>
                Use this folder
              </Button>
            ) : (
              <Button disabled={chosen === undefined && !text.startsWith('/')} onClick={() => void takeText()}>
                {chosen?.kind === 'folder' && !text.startsWith('/') ? 'Open' : 'Choose'}
              </Button>
            )}
          </Group>
        </Group>
      </div>
    </Modal>
  );
}
