import type { CheckResult, CompactResult, ImageFinding, ImageInfo, ImageResult } from '../../contract/image.ts';
import { escapeText } from './escape-text.ts';
import { formatBytes } from './format.ts';
import type { Paint } from './style.ts';
import { buildPairs } from './table.ts';

/** What `bothy image info` prints: one line per fact, none for what there is nothing to say about. */
export function buildImageText(image: ImageInfo, paint: Paint): string {
  const pairs: [string, string | null][] = [
    ['File', image.file],
    ['Format', image.isEncrypted ? `${image.format}, encrypted` : image.format],
    ['Size', image.virtualSize === null ? null : `${formatBytes(image.virtualSize)} (${image.virtualSize} bytes)`],
    ['Used', formatBytes(image.actualSize)],
    ['Role', image.role],
    ['Machine', image.machine?.name ?? null],
    ['Disk', image.device],
    ['Snapshots', image.snapshots.map(({ name }) => name).join('\n')],
    ['Used by', image.usedBy.map(({ name }) => name).join('\n')],
    ['Problem', image.problem],
    ['Builds on', listBelow(image)],
    ['Needed by', image.dependents.join('\n')],
    ['Clusters', image.clusterSize === null ? null : formatBytes(image.clusterSize)],
    ['Inside it', image.internalSnapshots === 0 ? null : `${image.internalSnapshots} snapshots of another program`],
  ];
  return buildPairs(
    pairs.flatMap(([label, value]) => (value === null || value === '' ? [] : [[label, value] as const])),
    paint,
  );
}

function listBelow({ chain, backingFile }: ImageInfo): string | null {
  const below = chain.slice(1).map(({ file, actualSize, problem }) => {
    const what = problem ?? (actualSize === null ? '' : `${formatBytes(actualSize)} used`);
    return `${file}  ${what}`;
  });
  return below.length > 0 ? below.join('\n') : backingFile;
}

/** `disk.raw: raw, 20 GiB, 1.2 GiB used` */
export function buildResultText({ file, format, virtualSize, actualSize }: ImageResult): string {
  return `${escapeText(file)}: ${format}, ${formatBytes(virtualSize)}, ${formatBytes(actualSize)} used\n`;
}

export function buildCompactText({ file, actualSizeBefore, actualSize, freedBytes }: CompactResult): string {
  const what =
    freedBytes === 0
      ? `nothing to gain, it takes ${formatBytes(actualSize)}`
      : `${formatBytes(freedBytes)} freed, it takes ${formatBytes(actualSize)} instead of ${formatBytes(actualSizeBefore)}`;
  return `${escapeText(file)}: ${what}\n`;
}

/** What `bothy image check` prints: a line for each file, then what was repaired. */
export function buildCheckText({ findings, repaired }: CheckResult, paint: Paint): string {
  const lines = findings.map((finding) => `${escapeText(finding.file)}: ${describeFinding(finding, paint)}`);
  if (repaired !== null) {
    const parts = [count(repaired.corruptions, 'error'), count(repaired.leaks, 'leak')].filter((part) => !part.startsWith('0 '));
    lines.push(`repaired: ${parts.join(', ') || 'the mark of being corrupt'}`);
    if (repaired.original !== null) lines.push(`the damaged original is kept: ${escapeText(repaired.original)}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function describeFinding({ status, corruptions, leaks, checkErrors, reason }: ImageFinding, paint: Paint): string {
  switch (status) {
    case 'clean':
      return paint('green', 'clean');
    case 'leaks':
      return `${paint('yellow', 'leaks')}: ${count(leaks, 'cluster')} that nothing uses, a waste of space and no harm`;
    case 'corrupt':
      return `${paint('red', 'corrupt')}: ${count(corruptions, 'error')}, ${checkErrors} that could not be looked at, ${count(leaks, 'leak')}`;
    case 'unchecked':
      return `not checked: ${escapeText(reason ?? '')}`;
    case 'unreadable':
      return `${paint('red', 'unreadable')}: ${escapeText(reason ?? '')}`;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
