import { Button } from '@mantine/core';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { MachineLink } from '../../../contract/snapshot.ts';
import { useOpenDialog, useTemplates } from '../../ui/app-context.tsx';
import { PlaceLink } from '../../ui/place-link.tsx';
import { Fact } from './fact.tsx';
import { useRelations } from './use-relations.ts';

/** What a linked clone was made from, and which machines build on this one; nothing for a machine that stands alone. */
export function RelationFacts({ machine: { id, throwaway } }: { machine: Pick<MachineSummary, 'id' | 'throwaway'> }) {
  const relations = useRelations(id);
  const openDialog = useOpenDialog();
  const isOfTemplate = useTemplates(({ templates }) => templates?.some((one) => one.id === relations?.buildsOn[0]?.id) === true);
  if (relations === null) return null;
  const { buildsOn, dependents } = relations;
  return (
    <>
      {buildsOn.length === 0 ? null : (
        <Fact name="Disks">
          <span className="fact-relation">
            <span>
              {isOfTemplate ? 'Made from the template' : 'Linked clone of'} <MachineLinks machines={buildsOn} />
            </span>
            {throwaway ? null : (
              <Button size="compact-xs" variant="default" onClick={() => openDialog({ kind: 'detach', id })}>
                Make independent…
              </Button>
            )}
          </span>
        </Fact>
      )}
      {dependents.length === 0 ? null : (
        <Fact name="Clones">
          <MachineLinks machines={dependents} /> {dependents.length === 1 ? 'builds' : 'build'} on this machine
        </Fact>
      )}
    </>
  );
}

function MachineLinks({ machines }: { machines: readonly MachineLink[] }) {
  return machines.map((machine, index) => (
    <span key={machine.id}>
      {index === 0 ? '' : index === machines.length - 1 ? ' and ' : ', '}
      <PlaceLink className="fact-link" machine={machine} />
    </span>
  ));
}
