// `npm run package`: builds and packs deb, rpm and AppImage into release/. Arguments go to electron-builder.
import { join } from 'node:path';
import { fetchElectron, findElectron } from './set-up/electron-runtime.mjs';
import { runStep } from './set-up/run-step.mjs';
import { runCommand, setUp } from './set-up/set-up.mjs';
import { SetUpError } from './set-up/set-up-error.mjs';
import { rootFolder } from './source-files.mjs';

await runCommand(async () => {
  await setUp({ isForTests: false });
  const reason = findElectron() === undefined ? await fetchElectron() : undefined;
  if (findElectron() === undefined) throw new SetUpError(`Packages need Electron's runtime, which is not here: ${reason}.`);
  const builder = join(rootFolder, 'node_modules/.bin/electron-builder');
  const runtime = `--config.electronDist=${join(rootFolder, 'node_modules/electron/dist')}`;
  const { code } = await runStep([builder, '--linux', runtime, ...process.argv.slice(3)]);
  return code;
});
