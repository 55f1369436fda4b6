import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import './disclosure.css';

/** What shows and hides the part under it. */
export function Disclosure({ isOpen, onToggle, children }: { isOpen: boolean; onToggle: () => void; children: ReactNode }) {
  return (
    <UnstyledButton className="disclosure" aria-expanded={isOpen} onClick={onToggle}>
      <IconChevronRight size={16} aria-hidden className="disclosure-arrow" data-open={isOpen} />
      {children}
    </UnstyledButton>
  );
}
