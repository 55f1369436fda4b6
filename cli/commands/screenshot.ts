import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { AppError } from '../../contract/app-error.ts';
import { defineCommand, machineName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { parsePath } from '../parse/path.ts';

/** `bothy screenshot NAME FILE.png` */
export const screenshot = defineCommand({
  operation: 'machine.screenshot',
  examples: ['bothy screenshot demo demo.png', 'bothy screenshot demo - | kitten icat'],
  positionals: [machineName, { name: 'FILE', description: 'PNG file to write; - for stdout', complete: 'file' }],
  async run(call) {
    const [machine, file = ''] = call.arguments;
    if (file === '-' && call.isJson) {
      throw new AppError('usage', 'The picture and --json cannot both go to stdout.', { hint: 'Name a file for the picture.' });
    }
    if (file === '') throw new AppError('usage', 'The name of the file is empty.', { hint: 'Name a PNG file, or - for stdout.' });
    const { pngBase64 } = await call.invoke('machine.screenshot', { machine });
    const png = Buffer.from(pngBase64, 'base64');
    if (file === '-') {
      call.output.writeBytes(png);
      return undefined;
    }
    const path = parsePath(file);
    await writePicture(path, png);
    if (call.isJson) call.output.writeJson({ file: path, size: png.length });
    else call.output.write(`${escapeText(path)}\n`);
    return undefined;
  },
});

/**
 * Under a temporary name first: an older picture is replaced whole or not at all. A device or a pipe is written to; root
 * would otherwise replace /dev/null by a picture.
 */
async function writePicture(path: string, png: Buffer): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const target = await stat(path).catch(() => undefined);
    if (target !== undefined && !target.isFile() && !target.isDirectory()) return await writeFile(path, png);
    await writeFile(temporary, png, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new AppError('file-unreadable', `Cannot write “${path}”: ${reason}.`, {
      hint: 'Name a file in a folder you may write to.',
      cause: error,
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};
