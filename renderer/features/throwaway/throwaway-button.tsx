import { Button, Menu } from '@mantine/core';
import { IconBolt, IconCheck, IconChevronDown, IconRubberStamp, IconTerminal } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { TemplateInfo } from '../../../contract/template.ts';
import { orderByUse } from '../../state/preference-store.ts';
import { useApp, useOpenDialog, usePreferences, useTemplates, useWindow } from '../../ui/app-context.tsx';
import { WarmthMark } from '../template/warmth-mark.tsx';

/** The templates in the order they are offered; null until they are known. */
export function useOfferedTemplates(): readonly TemplateInfo[] | null {
  const templates = useTemplates((state) => state.templates);
  const recent = usePreferences((state) => state.recentTemplates);
  return useMemo(() => (templates === null ? null : orderByUse(templates, recent)), [templates, recent]);
}

/** A throwaway by one click: of the template used last, or of another one from the menu. */
export function ThrowawayButton() {
  const { stores, throwawayActions } = useApp();
  const openDialog = useOpenDialog();
  const templates = useOfferedTemplates();
  const starting = useWindow((state) => state.startingThrowaway);
  const asks = usePreferences((state) => state.asksBeforeThrowingAway);
  const [first] = templates ?? [];
  const press = () => {
    if (first === undefined) openDialog({ kind: 'first-template' });
    else void throwawayActions.start(first);
  };
  return (
    <Button.Group>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconBolt size={16} aria-hidden />}
        loading={starting !== null}
        disabled={templates === null}
        title={first === undefined ? 'A machine for a moment' : `A throwaway machine of ${first.name}`}
        onClick={press}
      >
        Throwaway
      </Button>
      <Menu position="bottom-end" width={264}>
        <Menu.Target>
          <Button size="xs" px={6} variant="default" aria-label="Choose a template" className="bar-more-quiet">
            <IconChevronDown size={14} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown className="throwaway-menu" aria-label="Throwaway of">
          {templates === null || templates.length === 0 ? null : (
            <>
              {templates.map((template) => (
                <Menu.Item
                  key={template.id}
                  leftSection={<WarmthMark warmth={template.warmth} size={20} />}
                  disabled={starting !== null}
                  onClick={() => void throwawayActions.start(template)}
                >
                  {template.name}
                </Menu.Item>
              ))}
              <Menu.Divider />
              <Menu.Item component="a" href="#/matrix" leftSection={<IconTerminal size={16} stroke={1.75} aria-hidden />}>
                Run a command…
              </Menu.Item>
            </>
          )}
          <Menu.Item component="a" href="#/templates" leftSection={<IconRubberStamp size={16} stroke={1.75} aria-hidden />}>
            Templates
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<span className="throwaway-check">{asks ? <IconCheck size={14} aria-hidden /> : null}</span>}
            rightSection={<span className="throwaway-asks">{asks ? 'on' : 'off'}</span>}
            onClick={() => stores.preferences.setState({ asksBeforeThrowingAway: !asks })}
          >
            Ask before throwing away
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
}
