import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { unpackPackages } from '../../scripts/guests/apt.ts';
import { buildOnce } from '../../scripts/guests/cache.ts';
import { unpackKernel } from '../../scripts/guests/linux-parts.ts';

/** What the text installer of Debian starts from, unpacked: an emulated CPU needs seven seconds for that at every boot. */
export interface Installer {
  readonly kernel: string;
  readonly initrd: string;
}

/** Debian's text installer, from the package that has its netboot files. */
export async function buildDebianInstaller(): Promise<Installer> {
  const packages = await unpackPackages(['debian-installer-12-netboot-amd64', 'debian-installer-13-netboot-amd64']);
  const xz = join(await unpackPackages(['xz-utils']), 'usr/bin/xz');
  const base = join(packages, 'usr/lib/debian-installer/images');
  const images = join(base, readdirSync(base)[0] ?? '', 'amd64/text/debian-installer/amd64');
  const inputs = { texts: [basename(packages)], files: [fileURLToPath(import.meta.url)] };
  const folder = await buildOnce('installer', inputs, async (target) => {
    writeFileSync(join(target, 'kernel'), unpackKernel(join(images, 'linux'), xz));
    writeFileSync(join(target, 'initrd'), gunzipSync(readFileSync(join(images, 'initrd.gz'))));
  });
  return { kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') };
}
