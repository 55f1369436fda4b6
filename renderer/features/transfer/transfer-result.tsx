import { Button, List, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Notice } from '../../ui/notice.tsx';

/** The end of an export or import about which something must be said. */
export function TransferResult({
  title,
  text,
  notices,
  children,
  onClose,
}: {
  title: string;
  text: ReactNode;
  notices: readonly string[];
  /** A button beside Close. */
  children?: ReactNode;
  onClose: () => void;
}) {
  return (
    <div className="dialog-column">
      <Text className="break">{text}</Text>
      {notices.length === 0 ? null : (
        <Notice tone="info" title={title}>
          <List size="sm" spacing={4}>
            {notices.map((notice) => (
              <List.Item key={notice}>{notice}</List.Item>
            ))}
          </List>
        </Notice>
      )}
      <div className="task-foot-buttons">
        <Button variant="default" onClick={onClose} data-autofocus={children === undefined ? true : undefined}>
          Close
        </Button>
        {children}
      </div>
    </div>
  );
}
