import { expect, onTestFinished, test } from 'vitest';
import type { MachineSummary } from '../../contract/machine.ts';
import { runBothy, runBothyJson } from '../kit/run-bothy.ts';
import { type TestHome, useTestHome } from '../kit/test-home.ts';
import { tinyMachine } from '../kit/use-core.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { type MainProcess, startMainProcess } from './main-process.ts';

const [throwAway, keep, cancel] = [0, 1, 2];

test('throwaways that end with the window are asked about, and others are not', async () => {
  const { home, main } = await useThrowaways(['one', 'two'], ['on-its-own']);
  await main.happen('answerDialog', { button: cancel });
  await main.happen('closeWindow');
  await waitUntil('the question', () => questions(main).length === 1);
  expect(questions(main)[0]).toMatchObject({
    message: 'Throw 2 machines away?',
    detail: expect.stringMatching(/^one, two are throwaways/),
    buttons: ['Throw away', 'Keep them', 'Cancel'],
  });
  expect(main.find('window.destroy')).toBeUndefined();
  expect(await listNames(home)).toEqual(['on-its-own', 'one', 'two']);

  await main.happen('answerDialog', { button: throwAway });
  await main.happen('closeWindow');
  await main.waitFor('app.quit');
  expect(questions(main)).toHaveLength(2);
  expect(await listNames(home)).toEqual(['on-its-own']);
  await main.stop();
});

test('a throwaway that is kept outlives the window', async () => {
  const { home, main } = await useThrowaways(['one'], []);
  await main.happen('answerDialog', { button: keep });
  await main.happen('closeWindow');
  await main.waitFor('app.quit');
  expect(questions(main)[0]).toMatchObject({ message: 'Throw “one” away?' });
  await main.stop();
  expect(await runBothyJson(home, ['list'])).toMatchObject([{ name: 'one', state: 'running', throwaway: false }]);
});

/** The main process with throwaways it owns, and some that it does not. */
async function useThrowaways(owned: readonly string[], others: readonly string[]) {
  const home = useTestHome();
  const main = startMainProcess(home);
  await main.waitFor('window.show');
  onTestFinished(async () => {
    const names = await listNames(home);
    if (names.length > 0) await runBothy(home, ['kill', ...names]);
  });
  const client = main.openPage();
  onTestFinished(() => client.close());
  const { machine, template, throwaway } = client.call;
  await machine.create({ ...tinyMachine, name: 'original', start: true });
  await template.create({ machine: 'original', name: 'template', warm: true, full: true });
  await machine.kill({ machine: 'original' });
  await machine.delete({ machine: 'original' });
  for (const name of owned) await throwaway.create({ template: 'template', name, isOwned: true });
  for (const name of others) await throwaway.create({ template: 'template', name });
  return { home, main };
}

function questions(main: MainProcess): readonly unknown[] {
  return main.asked
    .filter(({ what, detail }) => what === 'dialog.showMessageBox' && (detail as { type: string }).type === 'question')
    .map(({ detail }) => detail);
}

async function listNames(home: TestHome): Promise<readonly string[]> {
  return ((await runBothyJson(home, ['list'])) as MachineSummary[]).map(({ name }) => name).sort();
}
