import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconBolt, IconDots } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useApp, useOpenDialog, useWindow } from '../../ui/app-context.tsx';
import { formatAgo } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { PlaceLink } from '../../ui/place-link.tsx';
import { Fact } from '../machine/fact.tsx';
import { MemoryInUse } from './memory-in-use.tsx';
import { TemplateMenuItems } from './template-menu-items.tsx';
import { describeMake, describeReady, describeReadyWhen, describeReason, describeSize } from './template-words.ts';
import { WarmthMark, WarmthWord } from './warmth-mark.tsx';

const shownUsers = 6;

/** One template: what it is, whether it is warm and why not, what it takes, and who uses it. */
export function TemplateCard({ template, now, isChosen }: { template: TemplateInfo; now: number; isChosen: boolean }) {
  const card = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isChosen) card.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  const { throwawayActions } = useApp();
  const openDialog = useOpenDialog();
  const starting = useWindow((state) => state.startingThrowaway);
  const { name, warmth, warmedAt, reason, readyWhen, note, usedBy } = template;
  const throwaways = usedBy.filter(({ throwaway }) => throwaway);
  return (
    <li ref={card} className="card template" data-chosen={isChosen} aria-label={name} data-testid="template">
      <div className="template-head">
        <WarmthMark warmth={warmth} />
        <div className="template-title">
          <h2 className="truncate" title={name}>
            {name}
          </h2>
          <div className="template-facts">
            <WarmthWord warmth={warmth} />
            {warmedAt === null || warmth !== 'warm' ? null : (
              <span title={new Date(warmedAt).toLocaleString()}>, frozen {formatAgo(warmedAt, now)}</span>
            )}
          </div>
        </div>
        <Button
          variant="default"
          leftSection={<IconBolt size={16} stroke={1.75} aria-hidden />}
          aria-label={`Throwaway of ${name}`}
          loading={starting === name}
          disabled={warmth === 'damaged' || (starting !== null && starting !== name)}
          onClick={() => void throwawayActions.start(template)}
        >
          Throwaway
        </Button>
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <Tooltip label="More actions">
              <ActionIcon variant="default" size={34} aria-label={`Actions for ${name}`}>
                <IconDots size={18} />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown>
            <TemplateMenuItems template={template} />
          </Menu.Dropdown>
        </Menu>
      </div>
      {note === '' ? null : <p className="template-note">{note}</p>}
      {reason === null ? null : (
        <Notice
          tone={warmth === 'damaged' ? 'bad' : 'warn'}
          title={describeReason(reason)}
          hint={warmth === 'damaged' ? 'Restore the file from a backup; Check… tells what else is not as it was.' : undefined}
        >
          {warmth === 'went-cold' ? (
            <Button
              size="compact-xs"
              variant="default"
              mt={8}
              onClick={() => openDialog({ kind: 'warm-template', template: template.id })}
            >
              Warm up…
            </Button>
          ) : null}
        </Notice>
      )}
      <dl className="facts template-details">
        <Fact name="Machine">{describeMake(template)}</Fact>
        <Fact name="Takes">
          <span className="numeric">{describeSize(template)}</span>
        </Fact>
        <Fact name="Made of">
          {template.source}, {formatAgo(template.createdAt, now)}
        </Fact>
        {template.keepReady === 0 && template.ready === 0 ? null : (
          <Fact name="Kept ready">
            <span className="numeric">{describeReady(template)}</span>
          </Fact>
        )}
        {readyWhen === null ? null : <Fact name="Ready when">{describeReadyWhen(readyWhen)}</Fact>}
        {template.buildsOn.length === 0 ? null : (
          <Fact name="Reads from">
            <Links machines={template.buildsOn} />
          </Fact>
        )}
        <Fact name="Used by">{usedBy.length === 0 ? 'nothing' : <Links machines={usedBy} />}</Fact>
        {throwaways.length === 0 ? null : <MemoryInUse machines={throwaways} />}
      </dl>
    </li>
  );
}

function Links({ machines }: { machines: readonly { id: string; name: string; throwaway?: boolean }[] }) {
  const rest = machines.length - shownUsers;
  return (
    <>
      {machines.slice(0, shownUsers).map((machine, index) => (
        <span key={machine.id}>
          {index === 0 ? '' : ', '}
          <PlaceLink className="fact-link" machine={machine} tab={machine.throwaway === true ? 'console' : 'overview'} />
        </span>
      ))}
      {rest > 0 ? ` and ${rest} more` : null}
    </>
  );
}
