import { AppError } from '../../contract/app-error.ts';
import { defineCommand } from '../command.ts';
import { formatBytes } from '../output/format.ts';
import { parseHostPath } from '../parse/copy.ts';

/** `bothy copy SRC DST` */
export const copy = defineCommand({
  operation: 'machine.copy',
  details: [
    'One of the two is in a guest: NAME:/path, absolute. A folder is copied with all in it; a target that ends with a slash or is a ' +
      'folder gets the source into it, as with cp. Modes and times are kept, owners are not; links stay links. What is there already is ' +
      'replaced once all has arrived; a copy that fails or is cancelled leaves nothing.',
    'The guest needs the QEMU guest agent, and tar for folders. What a guest sends cannot leave the target, however it is made.',
    'A path on the host that has a colon in it is written with a slash before that: ./a:b.',
  ],
  examples: ['bothy copy site.tar web:/srv/', 'bothy copy ./src web:/srv/src', 'bothy copy web:/var/log ./logs'],
  positionals: [
    { name: 'SRC', description: 'a file or folder: PATH or NAME:/PATH', complete: 'file' },
    { name: 'DST', description: 'where it goes: NAME:/PATH or PATH', complete: 'file' },
  ],
  async run(call) {
    const [source = '', target = ''] = call.arguments;
    const [from, to] = [splitGuestPath(source), splitGuestPath(target)];
    if ((from === null) === (to === null)) {
      throw new AppError('usage', 'One of SRC and DST must be in a guest, written as NAME:/path, and only one.', {
        hint: 'See: bothy copy --help',
      });
    }
    const [guest, hostPath] = from === null ? [to, source] : [from, target];
    const result = await call.invoke('machine.copy', {
      direction: from === null ? 'in' : 'out',
      machine: guest?.machine,
      guestPath: guest?.path,
      hostPath: parseHostPath(hostPath),
    });
    if (call.isJson) call.output.writeJson(result);
    else call.output.write(`${result.files === 1 ? '1 file' : `${result.files} files`}, ${formatBytes(result.bytes)}\n`);
    return undefined;
  },
});

function splitGuestPath(text: string): { readonly machine: string; readonly path: string } | null {
  const match = /^([^/:]+):(.+)$/s.exec(text);
  return match?.[1] === undefined || match[2] === undefined ? null : { machine: match[1], path: match[2] };
}
