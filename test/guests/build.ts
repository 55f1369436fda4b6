import { findDebianObstacle } from '../../scripts/guests/debian-guest.ts';
import {
  getAgentGuest,
  getDebianGuest,
  getDebianInstaller,
  getDemoGuest,
  getGrubIso,
  getLinuxGuest,
  getQuickDemoGuest,
} from './index.ts';

// Builds every guest, so that no test has to wait for one; with `--short` only those of `npm test`.
const isShort = process.argv.includes('--short');
const obstacle = isShort ? undefined : findDebianObstacle();
if (obstacle !== undefined) console.log(`DebianGuest: not made: ${obstacle}`);
const guests = {
  getLinuxGuest,
  getAgentGuest,
  getDemoGuest,
  getQuickDemoGuest,
  getGrubIso,
  ...(isShort ? {} : { getDebianInstaller }),
  ...(isShort || obstacle !== undefined ? {} : { getDebianGuest }),
};
for (const [name, get] of Object.entries(guests)) {
  const startedAt = performance.now();
  const guest = await get();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${name.slice(3)} (${seconds} s): ${typeof guest === 'string' ? guest : `${guest.kernel} ${guest.initrd}`}`);
}
