import { useState } from 'react';
import type { TemplateDialogKind } from '../../state/window-store.ts';
import { useTemplates } from '../../ui/app-context.tsx';
import { CheckTemplateDialog } from './check-template-dialog.tsx';
import { CoolTemplateDialog } from './cool-template-dialog.tsx';
import { DeleteTemplateDialog } from './delete-template-dialog.tsx';
import { EditTemplateDialog } from './edit-template-dialog.tsx';
import { ReadyTemplateDialog } from './ready-template-dialog.tsx';
import { WarmTemplateDialog } from './warm-template-dialog.tsx';

/** The dialog about one template that was asked for. */
export function TemplateDialogs({ kind, id, onClose }: { kind: TemplateDialogKind; id: string; onClose: () => void }) {
  const now = useTemplates((state) => state.templates?.find((one) => one.id === id));
  // It may be gone under its own dialog, as when it is deleted.
  const [first] = useState(now);
  const template = now ?? first;
  if (template === undefined) return null;
  const place = { template, onClose };
  switch (kind) {
    case 'warm-template':
      return <WarmTemplateDialog {...place} />;
    case 'cool-template':
      return <CoolTemplateDialog {...place} />;
    case 'edit-template':
      return <EditTemplateDialog {...place} />;
    case 'ready-template':
      return <ReadyTemplateDialog {...place} />;
    case 'check-template':
      return <CheckTemplateDialog {...place} />;
    case 'delete-template':
      return <DeleteTemplateDialog {...place} />;
  }
}
