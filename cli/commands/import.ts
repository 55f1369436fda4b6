import { choice, defineCommand, flag, option } from '../command.ts';
import { describeStart, describeState } from '../lifecycle.ts';
import { parsePath } from '../parse/path.ts';

const asTyped = (text: string): string => text;

/** `bothy import FILE` */
export const importCommand = defineCommand({
  operation: 'machine.import',
  details: [
    'FILE is what `bothy export` wrote, an OVA, an OVF with its files beside it, or a disk image (qcow2, raw, vmdk, vdi, vhdx, vpc). It is ' +
      'copied and never changed, and nothing of it is there before all of it was found right.',
    'The machine keeps its name, with a number added if that is taken. From a .bothy file it also keeps its snapshots, and its UUID and MAC ' +
      'address unless the machine it was exported from is here as well. What reached for files of the other host is left out, and told.',
    '`bothy create NAME --from FILE` makes a machine of the same files other than .bothy, with all the options of `create`.',
  ],
  examples: [
    'bothy import web.bothy',
    'bothy import shop.ova --name shop --start',
    'bothy import old.vmdk --bus virtio --firmware uefi',
  ],
  positionals: [{ name: 'FILE', description: 'what is imported', complete: 'file' }],
  options: {
    name: option('NAME', 'what the machine is called', asTyped),
    firmware: choice(['bios', 'uefi', 'uefi-secure'], 'what boots it; not for .bothy'),
    bus: choice(['virtio', 'sata'], 'what its disks hang on; not for .bothy'),
    start: flag('start the machine when it is there'),
  },
  async run(call, options) {
    const { name, firmware, bus, start } = options;
    const file = parsePath(call.arguments[0] ?? '');
    const result = await call.invoke('machine.import', { file, name, firmware, bus, start });
    if (call.isJson) {
      call.output.writeJson(result);
      return undefined;
    }
    for (const notice of result.notices) call.output.note(notice);
    call.output.write(start ? await describeStart(call, result.machine) : describeState(result.machine));
    return undefined;
  },
});
