import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** All libraries among unpacked packages but those of glibc, which must be of one build with the host's loader. */
export function listLibraries(root: string): readonly string[] {
  const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((folder) => join(root, folder));
  const glibc =
    /^(ld-linux|libc\.|libm\.|libmvec|libpthread|libdl\.|librt\.|libresolv|libutil|libanl|libnss_|libBrokenLocale|libthread_db|libnsl)/;
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const libraries = files.filter((file) => /\.so(\.|$)/.test(file) && !glibc.test(basename(file)));
  return [...new Map(libraries.map((file) => [basename(file), file])).values()];
}
