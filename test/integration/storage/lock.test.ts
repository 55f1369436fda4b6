import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLocks } from '../../../core/storage/lock.ts';
import { buildFixture, readLine, spawnProgram } from '../../kit/run-fixture.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { getFailure } from '../../kit/use-core.ts';

function useFolder(name = 'machines'): string {
  const folder = join(useTestHome().scratch, name);
  mkdirSync(folder);
  return folder;
}

describe('a lock', () => {
  test('is held by one, and free after it', async () => {
    const folder = useFolder();
    const [mine, other] = [createLocks(folder), createLocks(folder)];
    const lock = await mine.acquire('one', 'start');
    expect(await other.tryAcquire('one', 'stop')).toBeUndefined();
    expect(await other.isHeld('one')).toBe(true);
    expect(await other.isHeld('two')).toBe(false);
    await lock.release();
    expect(await other.isHeld('one')).toBe(false);
    await (await other.acquire('one', 'stop')).release();
  });

  test('that is only asked about is never taken from who wants it', async () => {
    const folder = useFolder();
    const [asking, wanting] = [createLocks(folder), createLocks(folder)];
    for (let round = 0; round < 200; round += 1) {
      const [, lock] = await Promise.all([asking.isHeld('one'), wanting.tryAcquire('one', 'start')]);
      expect(lock).toBeDefined();
      await lock?.release();
    }
  });

  test('that is not let go names who holds it', async () => {
    const folder = useFolder();
    const lock = await createLocks(folder).acquire('one', 'delete');
    const error = await getFailure(createLocks(folder).acquire('one', 'start', { subject: '“debian”', waitMs: 1500 }));
    expect(error).toMatchObject({
      code: 'busy',
      message: `Someone else is changing “debian” (“delete”, process ${process.pid}).`,
    });
    await lock.release();
  });

  test('wakes who waits for it at once, and one after the other', async () => {
    const folder = useFolder();
    const locks = createLocks(folder);
    const lock = await locks.acquire('one', 'start');
    const order: number[] = [];
    const waiting = [1, 2, 3, 4, 5].map(async (number) => {
      const own = await locks.acquire('one', `wait ${number}`);
      order.push(number);
      await own.release();
    });
    const begin = performance.now();
    await lock.release();
    await Promise.all(waiting);
    expect(performance.now() - begin).toBeLessThan(1500);
    expect(order.toSorted()).toEqual([1, 2, 3, 4, 5]);
  });

  test('is not waited for by who has been cancelled', async () => {
    const folder = useFolder();
    const lock = await createLocks(folder).acquire('one', 'start');
    const end = new AbortController();
    const waiting = getFailure(createLocks(folder).acquire('one', 'stop', { signal: end.signal, waitMs: 60_000 }));
    end.abort();
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    await lock.release();
  });

  test('dies with a holder that is killed, and wakes who waits', async () => {
    const folder = useFolder();
    const holder = spawnProgram(await buildFixture('hold-lock.ts'), [folder, 'one']);
    expect(await readLine(holder)).toBe('held');
    const error = await getFailure(createLocks(folder).acquire('one', 'start', { waitMs: 1500 }));
    expect(error).toMatchObject({ message: expect.stringContaining(`“hold for ever”, process ${holder.pid}`) });
    const waiting = createLocks(folder).acquire('one', 'start', { waitMs: 20_000 });
    const begin = performance.now();
    holder.kill('SIGKILL');
    await (await waiting).release();
    // A busy host takes its time to end the process; the wait itself would last 20 s.
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test('of one home is not that of another', async () => {
    const [first, second] = [createLocks(useFolder()), createLocks(useFolder())];
    const lock = await first.acquire('one', 'start');
    await (await second.acquire('one', 'start', { waitMs: 50 })).release();
    await lock.release();
  });

  test('is kept among ten processes that count in one file, from the first moment of the home', async () => {
    const folder = useFolder();
    const file = join(folder, '..', 'counter');
    writeFileSync(file, '0');
    const program = await buildFixture('count-under-lock.ts');
    const children = Array.from({ length: 10 }, () => spawnProgram(program, [folder, file, '50']));
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(codes).toEqual(Array(10).fill(0));
    expect(readFileSync(file, 'utf8')).toBe('500');
    // All of them raced for the key.
    expect(readdirSync(folder)).toEqual(['.lock-key']);
  });
});
