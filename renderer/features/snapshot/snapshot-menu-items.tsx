import { Menu } from '@mantine/core';
import { IconCopyPlus, IconHistory, IconPackageExport, IconPencil, IconTrash } from '@tabler/icons-react';
import type { SnapshotInfo } from '../../../contract/snapshot.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';

/** What can be done with a snapshot, as menu items. */
export function SnapshotMenuItems({ machine, snapshot }: { machine: string; snapshot: SnapshotInfo }) {
  const openDialog = useOpenDialog();
  const place = { id: machine, snapshot: snapshot.id };
  const look = { size: 16, stroke: 1.75, 'aria-hidden': true } as const;
  return (
    <>
      <Menu.Item data-autofocus leftSection={<IconHistory {...look} />} onClick={() => openDialog({ kind: 'restore', ...place })}>
        Restore…
      </Menu.Item>
      <Menu.Item leftSection={<IconCopyPlus {...look} />} onClick={() => openDialog({ kind: 'clone', ...place })}>
        New machine from here…
      </Menu.Item>
      <Menu.Item leftSection={<IconPackageExport {...look} />} onClick={() => openDialog({ kind: 'export', ...place })}>
        Export…
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item
        leftSection={<IconPencil {...look} />}
        rightSection={<span className="menu-key">F2</span>}
        onClick={() => openDialog({ kind: 'edit-snapshot', ...place })}
      >
        Name and note…
      </Menu.Item>
      <Menu.Item
        color="red"
        leftSection={<IconTrash {...look} />}
        rightSection={<span className="menu-key">Del</span>}
        onClick={() => openDialog({ kind: 'delete-snapshot', ...place })}
      >
        Delete…
      </Menu.Item>
    </>
  );
}
