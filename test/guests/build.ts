import { getAgentGuest, getDebianInstaller, getDemoGuest, getGrubIso, getLinuxGuest } from './index.ts';

// Builds every guest, so that no test has to wait for one.
for (const [name, get] of Object.entries({ getLinuxGuest, getAgentGuest, getDemoGuest, getGrubIso, getDebianInstaller })) {
  const startedAt = performance.now();
  const guest = await get();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${name.slice(3)} (${seconds} s): ${typeof guest === 'string' ? guest : `${guest.kernel} ${guest.initrd}`}`);
}
