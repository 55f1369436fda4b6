import { Button } from '@mantine/core';
import type { ReactNode } from 'react';

/** The end of a dialog that has told its result; what may be done next stands beside. */
export function DoneFoot({ onClose, children }: { onClose: () => void; children?: ReactNode }) {
  return (
    <div className="task-foot-buttons">
      <Button variant={children == null ? 'filled' : 'default'} onClick={onClose} data-autofocus>
        Done
      </Button>
      {children}
    </div>
  );
}
