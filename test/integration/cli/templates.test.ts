import { truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TemplateInfo, templateCheckSchema, templateInfoSchema } from '../../../contract/template.ts';
import { collect } from '../../kit/built-cli.ts';
import { vmDefined } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { failBothy, runBothy, runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import type { TestHome } from '../../kit/test-home.ts';
import { useCore } from '../../kit/use-core.ts';
import { waitForText, waitUntil } from '../../kit/wait-until.ts';

/** A machine that is off, whose guest prints `ready` half a second after its start. */
async function useMachine(): Promise<TestHome> {
  const { core, scratch, home } = useCore();
  await vmDefined(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  return home;
}

async function listTemplates(home: TestHome): Promise<TemplateInfo[]> {
  return templateInfoSchema.array().parse(await runBothyJson(home, ['template', 'list']));
}

const warm = ['template', 'create', 'web', 'base', '--warm', '--wait-for', 'serial:ready'];

test('makes, lists, renames, rebuilds, checks and deletes a template', async () => {
  const home = await useMachine();
  expect(await runBothy(home, ['template', 'list'])).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringContaining('bothy template create NAME TEMPLATE'),
  });
  expect((await failBothy(home, ['template', 'create', 'web', 'base', '--warm'])).exitCode).toBe(2);
  expect((await failBothy(home, ['template', 'check', 'base'])).exitCode).toBe(3);
  const made = await runBothy(home, [...warm, '--note', 'nothing in it']);
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  expect(made.stdout).toMatch(/^base: a warm template of web \([0-9.]+ MiB\)\n$/);
  expect((await runBothy(home, ['template', 'list'])).stdout).toMatch(
    /^NAME +START .*\nbase +warm +- +32 MiB +1 .* web .* nothing in it\n$/,
  );
  expect((await runBothy(home, ['list'])).stdout).not.toContain('base');
  expect((await runBothy(home, ['__complete', 'template', 'delete', ''])).stdout).toBe('base\tnothing in it\n');
  expect((await runBothy(home, ['__complete', 'template', 'create', 'web', 'x', '--wait-for', ''])).stdout).toBe(
    'agent\nssh\nserial:\n',
  );
  expect((await runBothy(home, ['delete', 'web'])).stderr).toContain('bothy template delete base');

  expect((await failBothy(home, ['template', 'edit', 'base'])).exitCode).toBe(2);
  expect((await runBothy(home, ['template', 'edit', 'base', '--name', 'ground'])).stdout).toBe('base: now called ground\n');
  expect((await runBothy(home, ['template', 'rebuild', 'ground', '--cold'])).stdout).toMatch(/^ground: cold \(/);
  expect((await runBothy(home, ['template', 'rebuild', 'ground'])).stdout).toMatch(/^ground: warm \(/);

  const whole = await runBothy(home, ['template', 'check', 'ground']);
  expect(whole).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^warm-[0-9a-z]{8}\/memory\.ram: as it was, 32 MiB$/m),
  });
  const disk = /^(disks\/disk0\S*): /m.exec(whole.stdout)?.[1] ?? '';
  truncateSync(join((await listTemplates(home))[0]?.folder ?? '', disk), 100);
  const damaged = await runBothy(home, ['template', 'check', 'ground', '--json']);
  expect(damaged.exitCode).toBe(1);
  expect(templateCheckSchema.parse(JSON.parse(damaged.stdout)).files.filter(({ problem }) => problem !== null)).toEqual([
    {
      file: expect.stringMatching(/^disks\/disk0/),
      bytes: 100,
      problem: expect.stringMatching(/^has 100 bytes instead of [0-9]+$/),
    },
  ]);
  expect((await runBothy(home, ['template', 'delete', 'ground'])).stdout).toBe('ground: deleted\n');
  expect(await listTemplates(home)).toEqual([]);
});

test('a template in use is deleted only with its machines made independent', async () => {
  const home = await useMachine();
  await runBothyJson(home, ['template', 'create', 'web', 'base']);
  await runBothyJson(home, ['create', 'one', '--from', 'base']);
  expect(await failBothy(home, ['template', 'delete', 'base'])).toMatchObject({
    exitCode: 4,
    error: { message: '“base” cannot be deleted: “one” builds on its disks.' },
  });
  expect((await listTemplates(home))[0]?.usedBy).toMatchObject([{ name: 'one', throwaway: false }]);
  await runBothyJson(home, ['template', 'delete', 'base', '--detach']);
  await runBothyJson(home, ['delete', 'web']);
  await runBothyJson(home, ['image', 'check', 'one:disk0']);
});

test.each([
  { end: 'SIGINT', isAsked: true },
  { end: 'SIGKILL', isAsked: false },
] as const)('a warming that is ended by $end leaves no QEMU, and a template as before or none', async ({ end, isAsked }) => {
  const home = await useMachine();
  const child = spawnBothy(home, ['template', 'create', 'web', 'base', '--warm', '--wait-for', 'serial:never']);
  const ended = collect(child);
  await waitUntil('the QEMU that is warmed', () => listQemus(home).length > 0);
  const [{ machine } = { machine: '' }] = listQemus(home);
  await waitForText(join(home.folder, 'machines', machine, 'logs/serial.log'), /ready/);
  child.kill(end);
  const { exitCode } = await ended;
  if (isAsked) expect(exitCode).toBe(130);
  const templates = await listTemplates(home);
  expect(listQemus(home)).toEqual([]);
  if (isAsked) expect(templates).toEqual([]);
  else {
    expect(templates).toMatchObject([
      { name: 'base', warmth: 'went-cold', reason: 'its memory was not frozen: that was broken off', memoryBytes: 0 },
    ]);
    expect(await runBothyJson(home, ['template', 'rebuild', 'base', '--wait-for', 'serial:ready'])).toMatchObject({
      warmth: 'warm',
    });
  }
});

test('a template whose memory cannot be used is warmed again beside the machine that had to boot', async () => {
  const home = await useMachine();
  const { folder } = templateInfoSchema.parse(await runBothyJson(home, warm));
  const [before] = await listTemplates(home);
  utimesSync(await findMemory(home, folder), 1, 1);
  const list = await runBothy(home, ['template', 'list']);
  expect(list.stdout).toMatch(/^base +went-cold /m);
  expect(list.stderr).toContain('its file memory.ram was changed');
  const made = await runBothy(home, ['create', 'one', '--from', 'base', '--start']);
  expect(made).toMatchObject({ exitCode: 0 });
  await waitUntil('the template to be warm again', async () => {
    const [now] = await listTemplates(home);
    return now?.warmth === 'warm' && now.warmedAt !== before?.warmedAt;
  });
  await waitUntil('the warming to end', () => listQemus(home).every(({ machine }) => !folder.endsWith(machine)));
});

async function findMemory(home: TestHome, folder: string): Promise<string> {
  const { files } = templateCheckSchema.parse(await runBothyJson(home, ['template', 'check', 'base']));
  return join(folder, files.find(({ file }) => file.endsWith('memory.ram'))?.file ?? '');
}
