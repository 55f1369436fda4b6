import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { MachineSource } from '../../contract/machine.ts';
import type { Call } from '../call.ts';
import { parsePath } from './path.ts';

/**
 * Reads what `--from` names: `netboot`, `netboot:FILE_OR_URL`, `template:NAME`, an ISO by its content, a template where there is
 * one of that name and no such file, else a disk image.
 */
export async function readSource(call: Call, from: string): Promise<MachineSource> {
  if (from === 'netboot') return { type: 'netboot' };
  if (from.startsWith('netboot:')) {
    const bootFile = from.slice('netboot:'.length);
    return { type: 'netboot', bootFile: /^[a-z][a-z0-9+.-]*:\/\//i.test(bootFile) ? bootFile : parsePath(bootFile) };
  }
  if (from.startsWith('template:')) return { type: 'template', template: from.slice('template:'.length) };
  const path = parsePath(from);
  if (!existsSync(path) && (await isTemplate(call, from))) return { type: 'template', template: from };
  return { type: (await isIso(path)) ? 'iso' : 'image', path };
}

async function isTemplate(call: Call, reference: string): Promise<boolean> {
  if (reference.includes('/')) return false;
  const templates = await call.invoke('template.list', {});
  return templates.some(({ id, name }) => name === reference || id === reference);
}

/** ISO 9660 and UDF write their mark into sector 16. What cannot be read is left for the core to refuse in its words. */
async function isIso(path: string): Promise<boolean> {
  const isNamedIso = /\.iso$/i.test(path);
  const facts = await stat(path).catch(() => null);
  // Opening a pipe would wait for its writer.
  const file = facts?.isFile() === true ? await open(path, 'r').catch(() => null) : null;
  if (file === null) return isNamedIso;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(5), 0, 5, 0x8001);
    return bytesRead === 5 && ['CD001', 'BEA01'].includes(buffer.toString('latin1'));
  } catch {
    return isNamedIso;
  } finally {
    await file.close();
  }
}
