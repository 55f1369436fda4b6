import { Menu } from '@mantine/core';
import {
  type Icon,
  IconBolt,
  IconFlame,
  IconPencil,
  IconPlus,
  IconSnowflake,
  IconStethoscope,
  IconTerminal,
  IconTrash,
} from '@tabler/icons-react';
import type { TemplateInfo } from '../../../contract/template.ts';
import type { TemplateDialogKind } from '../../state/window-store.ts';
import { useApp, useOpenDialog } from '../../ui/app-context.tsx';

/** What can be done with a template, as menu items. */
export function TemplateMenuItems({ template }: { template: TemplateInfo }) {
  const { stores } = useApp();
  const openDialog = useOpenDialog();
  const about = (kind: TemplateDialogKind) => () => openDialog({ kind, template: template.id });
  const runCommand = () => {
    stores.matrix.setState(({ values }) => ({ values: { ...values, templates: [template.name] } }));
    window.location.hash = '#/matrix';
  };
  const { warmth } = template;
  const items: readonly { label: string; icon: Icon; isShown?: boolean; run: () => void }[] = [
    { label: 'Run a command…', icon: IconTerminal, run: runCommand },
    { label: 'New machine from it…', icon: IconPlus, run: () => openDialog({ kind: 'create', template: template.id }) },
  ];
  const changes: typeof items = [
    {
      label: warmth === 'warm' ? 'Warm up anew…' : 'Warm up…',
      icon: IconFlame,
      isShown: warmth !== 'warming' && warmth !== 'damaged',
      run: about('warm-template'),
    },
    {
      label: 'Make cold…',
      icon: IconSnowflake,
      isShown: warmth === 'warm' || warmth === 'went-cold',
      run: about('cool-template'),
    },
    {
      label: 'Keep ready…',
      icon: IconBolt,
      isShown: warmth !== 'damaged' && (warmth !== 'cold' || template.keepReady > 0),
      run: about('ready-template'),
    },
    { label: 'Name and note…', icon: IconPencil, run: about('edit-template') },
    { label: 'Check…', icon: IconStethoscope, run: about('check-template') },
  ];
  const render = ({ label, icon: ItemIcon, isShown = true, run }: (typeof items)[number]) =>
    isShown ? (
      <Menu.Item key={label} leftSection={<ItemIcon size={16} stroke={1.75} aria-hidden />} onClick={run}>
        {label}
      </Menu.Item>
    ) : null;
  return (
    <>
      {items.map(render)}
      <Menu.Divider />
      {changes.map(render)}
      <Menu.Divider />
      <Menu.Item color="red" leftSection={<IconTrash size={16} stroke={1.75} aria-hidden />} onClick={about('delete-template')}>
        Delete…
      </Menu.Item>
    </>
  );
}
