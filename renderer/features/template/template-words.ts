import type { TemplateInfo } from '../../../contract/template.ts';
import { formatBytes, formatCount, formatMemory } from '../../ui/format.ts';

type Warmth = TemplateInfo['warmth'];

/** A template's warmth in a word, and what it means for whoever presses Throwaway. */
export const warmthWords: Record<Warmth, { readonly word: string; readonly meaning: string }> = {
  warm: { word: 'Warm', meaning: 'Its machines go on from frozen memory: there at once, already booted.' },
  cold: { word: 'Cold', meaning: 'It keeps disks only: its machines boot.' },
  'went-cold': { word: 'Went cold', meaning: 'Its memory cannot be used as it is: until it is warm again, its machines boot.' },
  warming: { word: 'Warming', meaning: 'Its memory is being frozen: until that is done, its machines boot.' },
  damaged: { word: 'Damaged', meaning: 'A file of it is missing or cannot be read: no machine can be made of it.' },
};

const firmwareWords = { bios: 'BIOS', uefi: 'UEFI', 'uefi-secure': 'UEFI with Secure Boot' };

/** What a machine of it has: `512 MiB, 1 CPU, BIOS, no network`. */
export function describeMake({ memoryMiB, cpus, firmware, network }: TemplateInfo): string {
  const parts = [formatMemory(memoryMiB), formatCount(cpus, 'CPU'), firmwareWords[firmware]];
  return [...parts, ...(network === 'user' ? [] : ['no network'])].join(', ');
}

/** What it takes on this host: `disks 120 MiB, memory 96 MiB`. */
export function describeSize({ diskBytes, memoryBytes }: TemplateInfo): string {
  const disks = `disks ${formatBytes(diskBytes)}`;
  return memoryBytes === 0 ? disks : `${disks}, memory ${formatBytes(memoryBytes)}`;
}

/** Its machines that wait for somebody: `1 of 2, with 79 MiB of its own`, and why there is none. */
export function describeReady({ keepReady, ready, readyBytes, readyProblem, warmth }: TemplateInfo): string {
  const count = ready === keepReady ? String(ready) : `${ready} of ${keepReady}`;
  if (ready > 0) return `${count}, with ${formatBytes(readyBytes)} of ${ready === 1 ? 'its' : 'their'} own`;
  if (warmth !== 'warm') return `${count}, until it is warm`;
  return readyProblem === null
    ? `${count}, on ${keepReady === 1 ? 'its' : 'their'} way`
    : `${count}. ${describeReason(readyProblem)}`;
}

/** A reason of the core, which begins small, as a sentence. */
export function describeReason(reason: string): string {
  const sentence = `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}`;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** A condition such as `serial:login:` in words. */
export function describeReadyWhen(readyWhen: string): string {
  if (readyWhen === 'agent') return 'its guest agent answers';
  if (readyWhen === 'ssh') return 'SSH answers';
  return `“${readyWhen.replace(/^serial:/, '')}” is on its serial line`;
}
