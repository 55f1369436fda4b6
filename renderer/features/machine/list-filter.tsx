import { ActionIcon, Checkbox, CloseButton, Kbd, Popover, TextInput, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch, IconTag } from '@tabler/icons-react';
import { useMemo, useRef } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { countTags } from '../../state/filter-machines.ts';
import { useApp, useWindow } from '../../ui/app-context.tsx';

/** The search field and tag filter above the list. */
export function ListFilter({ all }: { all: readonly MachineSummary[] }) {
  const { stores } = useApp();
  const { text, tags } = useWindow((state) => state.filter);
  const field = useRef<HTMLInputElement>(null);
  const known = useMemo(() => countTags(all), [all]);
  const setText = (next: string) => stores.window.setState({ filter: { text: next, tags } });
  const toggleTag = (tag: string) =>
    stores.window.setState({
      filter: { text, tags: tags.includes(tag) ? tags.filter((other) => other !== tag) : [...tags, tag] },
    });
  useHotkeys([['/', () => field.current?.focus()]]);

  return (
    <div className="side-filter">
      <div className="side-filter-row">
        <TextInput
          ref={field}
          size="xs"
          className="side-search"
          aria-label="Search machines"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setText('');
            if (event.key === 'ArrowDown') document.querySelector<HTMLElement>('[role="listbox"]')?.focus();
          }}
          leftSection={<IconSearch size={14} aria-hidden />}
          rightSection={
            text === '' ? (
              <Kbd size="xs" aria-hidden>
                /
              </Kbd>
            ) : (
              <CloseButton size="xs" aria-label="Clear the search" onClick={() => setText('')} />
            )
          }
        />
        <Popover position="bottom-end" width={220} disabled={known.length === 0}>
          <Popover.Target>
            <Tooltip label={known.length === 0 ? 'No machine has a tag yet' : 'Filter by tag'}>
              <ActionIcon
                aria-label="Filter by tag"
                variant={tags.length > 0 ? 'light' : 'subtle'}
                color={tags.length > 0 ? 'moss' : 'gray'}
                disabled={known.length === 0}
              >
                <IconTag size={16} stroke={1.75} />
              </ActionIcon>
            </Tooltip>
          </Popover.Target>
          <Popover.Dropdown className="side-tags">
            {known.map(({ tag, count }) => (
              <Checkbox
                key={tag}
                size="xs"
                checked={tags.includes(tag)}
                onChange={() => toggleTag(tag)}
                label={
                  <>
                    {tag} <span className="side-tag-count numeric">{count}</span>
                  </>
                }
              />
            ))}
          </Popover.Dropdown>
        </Popover>
      </div>
      {tags.length > 0 ? (
        <div className="side-chosen-tags">
          {tags.map((tag) => (
            <button
              type="button"
              key={tag}
              className="side-chosen-tag"
              onClick={() => toggleTag(tag)}
              aria-label={`Remove the filter ${tag}`}
            >
              {tag} <span aria-hidden>×</span>
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
