import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CoreOfTest, getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

/** Ways a machine's definition can be spoiled: what is done to the file, and what the problem then says. */
const spoilers: Readonly<Record<string, [spoil: (file: string, text: string) => void, problem: RegExp]>> = {
  'cut in half': [(file, text) => writeFileSync(file, text.slice(0, text.length / 2)), /is damaged/],
  empty: [(file) => writeFileSync(file, ''), /is damaged/],
  'not JSON': [(file) => writeFileSync(file, '<machine/>'), /is damaged/],
  'an array': [(file) => writeFileSync(file, '[]'), /not valid/],
  null: [(file) => writeFileSync(file, 'null'), /not valid/],
  'of a newer version': [
    (file, text) => writeFileSync(file, text.replace('"schemaVersion": 3', '"schemaVersion": 4')),
    /newer Bothy/,
  ],
  'that of another machine': [
    (file, text) => writeFileSync(file, text.replace(/"id": "\w+"/, '"id": "aaaaaaaaaaaa"')),
    /aaaaaaaaaaaa/,
  ],
  'with a key nobody knows': [(file, text) => writeFileSync(file, text.replace('{', '{"colour": "red",')), /colour/],
  'with control characters in its name': [
    (file, text) => writeFileSync(file, text.replace('"name": "bad"', '"name": "\\u001b[2Jbad"')),
    /name is not valid/,
  ],
  'of 20 MB': [(file) => writeFileSync(file, `"${'x'.repeat(20_000_000)}"`), /more than any/],
  missing: [(file) => rmSync(file), /ENOENT/],
  'a folder': [(file) => spoilBy(file, () => mkdirSync(file)), /not a file/],
  'a named pipe': [(file) => spoilBy(file, () => execFileSync('mkfifo', [file])), /not a file/],
  'a link to itself': [(file) => spoilBy(file, () => execFileSync('ln', ['-s', file, file])), /ELOOP/],
};

function spoilBy(file: string, make: () => void): void {
  rmSync(file);
  make();
}

async function makeTwo(site: CoreOfTest): Promise<{ id: string; folder: string }> {
  const { id } = await site.machine.create({ name: 'bad', ...tinyMachine, diskSize: 1024 ** 2 }, {});
  await site.machine.create({ name: 'good', ...tinyMachine }, {});
  return { id, folder: join(site.folder, 'machines', id) };
}

describe('a machine whose definition is', () => {
  for (const [name, [spoil, problem]] of Object.entries(spoilers)) {
    test(`${name} is listed as broken, described, and deleted with its disks kept`, async () => {
      const site = useCore();
      const { machine } = site;
      const { id, folder } = await makeTwo(site);
      const file = join(folder, 'machine.json');
      spoil(file, readFileSync(file, 'utf8'));
      const disk = readFileSync(join(folder, 'disks/disk0.qcow2'));

      const list = await machine.list({}, {});
      expect(list.map(({ state }) => state).toSorted()).toEqual(['broken', 'off']);
      expect(list.find((each) => each.id === id)?.name).toMatch(/^(bad|[0-9a-z]{12})$/);
      const info = await machine.info({ machine: id }, {});
      expect(info).toMatchObject({ state: 'broken', definition: null, folder });
      expect(info.problems[0]?.message).toMatch(problem);
      expect(info.problems[0]?.hint).toContain(folder);
      for (const act of ['start', 'qemu', 'disks'] as const)
        expect(await getFailure(machine[act]({ machine: id }, {}))).toMatchObject({ code: 'machine-broken' });
      expect(await getFailure(machine.set({ machine: id, settings: { cpus: 1 } }, {}))).toMatchObject({ code: 'machine-broken' });

      const { kept } = await machine.delete({ machine: id, keepDisks: true }, {});
      expect(kept).toHaveLength(1);
      expect(readFileSync(kept[0] ?? '')).toEqual(disk);
      expect(await machine.list({}, {})).toMatchObject([{ name: 'good', state: 'off' }]);
      expect(existsSync(folder)).toBe(false);
    });
  }
});

describe('a machine that breaks', () => {
  test('while it runs is broken, is not deleted, and can be forced off', async () => {
    const site = useCore();
    const { machine } = site;
    const { id, folder } = await makeTwo(site);
    await machine.start({ machine: id }, {});
    await machine.start({ machine: 'good' }, {});
    writeFileSync(join(folder, 'machine.json'), '{');
    const info = await machine.info({ machine: id }, {});
    expect(info).toMatchObject({ state: 'broken', pid: expect.any(Number) });
    expect(await getFailure(machine.delete({ machine: id }, {}))).toMatchObject({ code: 'wrong-state' });
    expect(await machine.kill({ machine: id }, {})).toMatchObject({ state: 'broken' });
    expect(await machine.info({ machine: id }, {})).toMatchObject({ pid: null });
    await machine.delete({ machine: id }, {});
    expect(existsSync(folder)).toBe(false);
  });

  test('and is mended is as before', async () => {
    const site = useCore();
    const { id, folder } = await makeTwo(site);
    renameSync(join(folder, 'machine.json'), join(folder, 'aside'));
    expect(await site.machine.info({ machine: id }, {})).toMatchObject({ state: 'broken' });
    renameSync(join(folder, 'aside'), join(folder, 'machine.json'));
    expect(await site.machine.info({ machine: 'bad' }, {})).toMatchObject({ state: 'off', id });
  });

  test('in its record of the run is found by its process, and stopped', async () => {
    const site = useCore();
    const { machine } = site;
    const { id, folder } = await makeTwo(site);
    await machine.start({ machine: id }, {});
    for (const text of ['', '{', '{"schemaVersion": 3}']) {
      writeFileSync(join(folder, 'run.json'), text);
      expect(await machine.info({ machine: id }, {})).toMatchObject({ state: 'running', pid: expect.any(Number) });
    }
    expect(await machine.pause({ machine: id }, {})).toMatchObject({ state: 'paused' });
    expect(await machine.kill({ machine: id }, {})).toMatchObject({ state: 'off' });
    expect(existsSync(join(folder, 'run.json'))).toBe(false);
  });

  test('by being a file is listed, and deleted', async () => {
    const site = useCore();
    writeFileSync(join(site.folder, 'machines', '0123456789ab'), 'not a folder');
    expect(await site.machine.list({}, {})).toMatchObject([{ id: '0123456789ab', state: 'broken' }]);
    await site.machine.delete({ machine: '0123456789ab' }, {});
    expect(readdirSync(join(site.folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([]);
  });
});
