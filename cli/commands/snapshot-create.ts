import type { TakenSnapshot } from '../../contract/snapshot.ts';
import { defineCommand, machineName, option } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';

/** `bothy snapshot create NAME [SNAPSHOT]` */
export const snapshotCreate = defineCommand({
  operation: 'snapshot.create',
  details: [
    'Everything is in it: disks, UEFI variables, TPM state, settings, and of a machine that is on its memory and devices. A ' +
      'running guest goes on while its memory is copied and stands still for a moment at the end, which is what the snapshot holds.',
  ],
  examples: ['bothy snapshot create demo', 'bothy snapshot create demo "before the upgrade" --note "kernel 6.1"'],
  positionals: [
    machineName,
    { name: 'SNAPSHOT', description: 'what to call it; a number is found for one without', isOptional: true, complete: 'none' },
  ],
  options: { note: option('TEXT', 'what to remember about it', (text) => text) },
  async run(call, { note }) {
    const [machine, name] = call.arguments;
    const taken = await call.invoke('snapshot.create', { machine, name, note });
    if (call.isJson) call.output.writeJson(taken);
    else call.output.write(`${escapeText(machine ?? '')}: took “${escapeText(taken.snapshot.name)}” (${describe(taken)})\n`);
    return undefined;
  },
});

function describe({ snapshot, method, pausedMs }: TakenSnapshot): string {
  const parts = [method === 'suspended' ? 'suspended' : snapshot.state, formatBytes(snapshot.sizeBytes)];
  if (pausedMs !== null) parts.push(`the guest stood still for ${Math.max(1, Math.round(pausedMs))} ms`);
  return parts.join(', ');
}
