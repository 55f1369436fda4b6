import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WatchEvent } from '../../../contract/watch.ts';
import { useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { writeTemplate } from '../../kit/write-template.ts';

test('templates that come, change and go are told within a second, and are no machines', async () => {
  const { core, home } = useCore();
  writeTemplate(home, { id: 'aaaaaaaaaaaa', name: 'old' });
  const end = new AbortController();
  const events: WatchEvent[] = [];
  const watching = (async () => {
    for await (const event of core.handlers.watch.all({}, { signal: end.signal })) events.push(event);
  })();
  await waitUntil('the snapshot', () => events.length === 1);
  expect(events[0]).toMatchObject({ type: 'snapshot', machines: [] });

  const folder = join(home.folder, 'machines/bbbbbbbbbbbb');
  const file = join(folder, 'machine.json');
  const expectNews = async (what: string, act: () => void) => {
    const before = events.length;
    act();
    await waitUntil(what, () => events.length > before, { timeoutMs: 1000, intervalMs: 5 });
  };
  const announce = () => utimesSync(folder, new Date(), new Date());
  await expectNews('a new template', () => writeTemplate(home, { id: 'bbbbbbbbbbbb', name: 'new' }));
  await expectNews('a note', () => {
    writeFileSync(`${file}.new`, readFileSync(file, 'utf8').replace('"note": ""', '"note": "with a desktop"'));
    renameSync(`${file}.new`, file);
    announce();
  });
  // Frozen memory changes files, not always the definition.
  await expectNews('what changed in files alone', announce);
  await expectNews('a template that is gone', () => {
    renameSync(folder, join(home.scratch, 'gone'));
    rmSync(join(home.scratch, 'gone'), { recursive: true });
  });
  expect(new Set(events.slice(1).map(({ type }) => type))).toEqual(new Set(['templates']));
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
  end.abort();
  await watching;
});
