import { test } from 'vitest';
import { useCore } from '../kit/use-core.ts';
import { playLongChain } from '../rounds/long-chain.ts';

test('sixty snapshots of a machine that is on are taken and deleted while it stays on', async () => {
  await playLongChain(useCore(), 60);
});
