import { choice, defineCommand, flag, machineName, option } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';
import { parsePath } from '../parse/path.ts';

const asTyped = (text: string): string => text;

/** `bothy export NAME FILE` */
export const exportCommand = defineCommand({
  operation: 'machine.export',
  details: [
    'As .bothy: the whole machine with its snapshots, its memory when it is suspended, its UEFI variables and TPM state, and the kernel ' +
      'it starts directly, in one file with a checksum. The CD medium is not in it. `bothy import` brings it back.',
    'As .ova: its disks, memory size, CPUs and firmware, for VirtualBox, VMware and others. As .qcow2: only its disks, each in one file ' +
      'that needs no other; the first is FILE, the others have their own name added.',
    'The machine must be off or suspended, unless a snapshot is exported.',
    'A file that is there is kept unless --force says otherwise, until the new one is whole.',
  ],
  examples: [
    'bothy export web web.bothy',
    'bothy export web web.ova',
    'bothy export web /backup/web.bothy --snapshot "before upgrade"',
  ],
  positionals: [
    machineName,
    { name: 'FILE', description: 'ends in .bothy, .ova or .qcow2, unless --format says it', complete: 'file' },
  ],
  options: {
    format: choice(['bothy', 'ova', 'qcow2'], 'what the file becomes'),
    snapshot: option('SNAPSHOT', 'the machine as it was in this snapshot', asTyped),
    force: flag('replace a file that is there'),
  },
  async run(call, options) {
    const [machine = '', file = ''] = call.arguments;
    const { format, snapshot, force } = options;
    const result = await call.invoke('machine.export', { machine, file: parsePath(file), format, snapshot, force });
    if (call.isJson) {
      call.output.writeJson(result);
      return undefined;
    }
    for (const notice of result.notices) call.output.note(notice);
    for (const path of result.files) call.output.write(`${escapeText(path)}\n`);
    call.output.note(`${formatBytes(result.bytes)} written`);
    return undefined;
  },
});
