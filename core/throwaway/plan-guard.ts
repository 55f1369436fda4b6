import type { ThrowawayRecord } from '../../contract/template.ts';
import type { Guard } from '../qemu/guard.ts';
import { findProcess, isAlive, readBootId } from '../qemu/qemu-process.ts';

/** How a throwaway's QEMU is to be guarded when this process starts it now; null for what ends only when it is off. */
export function planGuard(throwaway: ThrowawayRecord | null): Guard | null {
  if (throwaway === null) return null;
  const { owner, expiresAt } = throwaway;
  const hasOwner = owner !== null && owner.pid === process.pid && isOwnerAlive(owner);
  const seconds = expiresAt === null ? null : (Date.parse(expiresAt) - Date.now()) / 1000;
  return hasOwner || seconds !== null ? { hasOwner, seconds } : null;
}

/** This process as an owner. */
export function describeOwner(): NonNullable<ThrowawayRecord['owner']> {
  return { pid: process.pid, startTicks: findProcess(process.pid)?.startTicks ?? 0, bootId: readBootId() };
}

/** Whether a throwaway has lived long enough: its owner is gone, or its time is over. */
export function isExpired({ owner, expiresAt }: ThrowawayRecord): boolean {
  return (owner !== null && !isOwnerAlive(owner)) || (expiresAt !== null && Date.parse(expiresAt) <= Date.now());
}

function isOwnerAlive(owner: NonNullable<ThrowawayRecord['owner']>): boolean {
  return owner.bootId === readBootId() && isAlive(owner);
}
