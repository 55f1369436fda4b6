import { expect, test } from 'vitest';
import { commandTable } from '../../../cli/command-table.ts';
import { completionScripts } from '../../../cli/completion/scripts.ts';
import { listTopLevel } from '../../../cli/find-command.ts';
import { buildHelp } from '../../../cli/program.ts';
import { buildCliDocument } from './build-cli-document.ts';

// `npx vitest run --project golden -u` writes the files anew.

test('help of bothy', async () => {
  await expect(buildHelp('', undefined)).toMatchFileSnapshot('help/bothy.txt');
});

test.each(Object.keys(commandTable))('help of bothy %s', async (name) => {
  const help = buildHelp(name, await commandTable[name]?.load());
  expect(help).toContain('\nExamples:\n');
  expect(help.split('\n').filter((line) => line.length > 100 && !line.startsWith('  bothy'))).toEqual([]);
  await expect(help).toMatchFileSnapshot(`help/${name.replace(' ', '-')}.txt`);
});

test('help of the groups of commands', async () => {
  for (const { name } of listTopLevel(commandTable).filter((one) => one.isGroup)) {
    await expect(buildHelp(name, undefined)).toMatchFileSnapshot(`help/${name}.txt`);
  }
});

test.each(Object.entries(completionScripts))('completion script of %s', async (shell, script) => {
  await expect(script).toMatchFileSnapshot(`completion/${shell}.txt`);
});

test('docs/cli.md is what the command table says', async () => {
  await expect(await buildCliDocument()).toMatchFileSnapshot('../../../docs/cli.md');
});
