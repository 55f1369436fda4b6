import { expect, onTestFinished, test } from 'vitest';
import type { WatchEvent } from '../../../contract/watch.ts';
import { createCore } from '../../../core/create-core.ts';
import { tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

/** Counts what keeps a process alive: watches and timers. */
function countHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => /FSEvent|Timeout|Interval/.test(name)).length;
}

test('fifty machines that another face creates, changes and deletes are all seen within a second', async () => {
  const { core, home } = useCore();
  const other = createCore({ environment: home.environment });
  onTestFinished(() => other.close());
  const before = countHandles();
  const events: WatchEvent[] = [];
  const end = new AbortController();
  const watching = (async () => {
    for await (const event of core.handlers.watch.all({}, { signal: end.signal })) events.push(event);
  })();
  await waitUntil('the snapshot', () => events.length === 1);
  const inTime = { timeoutMs: 1000, intervalMs: 5 };
  const { machine } = other.handlers;
  for (let index = 0; index < 50; index += 1) await machine.create({ name: `m${index}`, ...tinyMachine }, {});
  const states = () =>
    new Map(events.flatMap((event) => (event.type === 'machine' ? [[event.machine.name, event.machine] as const] : [])));
  await waitUntil('fifty machines', () => states().size === 50, inTime);
  for (let index = 0; index < 50; index += 1) await machine.set({ machine: `m${index}`, settings: { cpus: 2 } }, {});
  await waitUntil('fifty changes', () => [...states().values()].every(({ cpus }) => cpus === 2), inTime);
  // What the list does not show changes a machine all the same.
  const count = events.length;
  await machine.set({ machine: 'm7', settings: { bootOrder: ['cdrom'] } }, {});
  await waitUntil('a change of the boot order', () => events.length > count, inTime);
  for (let index = 0; index < 50; index += 1) await machine.delete({ machine: `m${index}` }, {});
  await waitUntil('fifty deletions', () => events.filter(({ type }) => type === 'machine-removed').length === 50, inTime);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
  end.abort();
  await watching;
  await waitUntil('all watches let go', () => countHandles() <= before);
});

test('one who comes while another leaves is told all the same', async () => {
  const { core, machine } = useCore();
  for (let round = 0; round < 20; round += 1) {
    const [leaving, coming] = [new AbortController(), new AbortController()];
    const first = core.handlers.watch.all({}, { signal: leaving.signal })[Symbol.asyncIterator]();
    await first.next();
    const second = core.handlers.watch.all({}, { signal: coming.signal })[Symbol.asyncIterator]();
    const snapshot = second.next();
    leaving.abort();
    await snapshot;
    const news = second.next();
    const { id } = await machine.create({ name: `m${round}`, ...tinyMachine }, {});
    expect((await news).value).toMatchObject({ type: expect.stringMatching(/machine|task/) });
    const seen = waitUntil('the machine', async () => {
      const { value } = (await second.next()) as { value?: WatchEvent };
      return value?.type === 'machine' && value.machine.id === id;
    });
    await seen;
    coming.abort();
  }
});
