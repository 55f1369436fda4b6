// `npm run demo:template`: sets the checkout up, then makes a template to try Bothy with. Arguments: `npm run demo:template -- --help`.
import { join } from 'node:path';
import { runStep } from './set-up/run-step.mjs';
import { runCommand, setUp } from './set-up/set-up.mjs';
import { rootFolder } from './source-files.mjs';

await runCommand(async () => {
  await setUp({ isForTests: false });
  // The terminal sends Ctrl+C to both; the child cleans up and ends.
  process.on('SIGINT', () => undefined);
  const program = [join(rootFolder, 'scripts/run-ts.mjs'), join(rootFolder, 'scripts/demo/make-template.ts')];
  const { code } = await runStep([process.execPath, ...program, ...process.argv.slice(3)]);
  return code;
});
