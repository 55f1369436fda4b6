import { setTimeout as delay } from 'node:timers/promises';
import type { MachineStats } from '../../contract/throwaway.ts';
import { defineCommand, flag, machineName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';

const everyMs = 1000;

/** `bothy stats NAME` */
export const stats = defineCommand({
  operation: 'machine.stats',
  details: [
    'Memory is that of the machine’s QEMU as the kernel counts it: private is its own, shared are pages that others use too (those of a ' +
      'template’s memory, and programs), counted in full, and PSS is its part when shared pages are divided among those that share ' +
      'them. How many more would fit is the memory available on the host by what this machine has written to.',
    'CPU is all the time it has had so far; with --watch also how much of one CPU it had since the line before. With --json and ' +
      '--watch each line is a JSON document. --watch ends when the machine does, or with Ctrl+C.',
  ],
  examples: ['bothy stats demo', 'bothy stats demo --watch'],
  positionals: [machineName],
  options: { watch: flag('tell again every second') },
  async run(call, { watch }) {
    const [machine = ''] = call.arguments;
    let last: MachineStats | undefined;
    let lastAt = 0;
    for (;;) {
      const now = await call.invoke('machine.stats', { machine: last?.id ?? machine });
      if (watch && last !== undefined && now.memory === null) return undefined;
      const at = performance.now();
      if (!call.isJson) call.output.write(watch ? formatLine(now, last, at - lastAt) : formatStats(now));
      else if (watch) call.output.write(`${JSON.stringify(now)}\n`);
      else call.output.writeJson(now);
      if (!watch || now.memory === null) return undefined;
      [last, lastAt] = [now, at];
      await delay(everyMs, undefined, { signal: call.signal }).catch(() => undefined);
      if (call.signal.aborted) return undefined;
    }
  },
});

function formatStats({ name, memory, cpuSeconds, host, moreWouldFit }: MachineStats): string {
  const rows: readonly (readonly [string, string])[] =
    memory === null
      ? [['State', 'not on']]
      : [
          ['Memory of the guest', formatBytes(memory.guestBytes)],
          ['Private', `${formatBytes(memory.privateBytes)}, ${formatBytes(memory.privateDirtyBytes)} of it written to`],
          ['Shared', formatBytes(memory.sharedBytes)],
          ['PSS', formatBytes(memory.pssBytes)],
          ['CPU', cpuSeconds === null ? '-' : `${cpuSeconds.toFixed(2)} s`],
        ];
  const hostRow = ['Host', `${formatBytes(host.availableBytes)} of ${formatBytes(host.totalBytes)} available`] as const;
  const fitRow = ['More would fit', moreWouldFit === null ? '-' : `about ${moreWouldFit}`] as const;
  const all = [...rows, hostRow, ...(memory === null ? [] : [fitRow])];
  return `${escapeText(name)}\n${all.map(([what, value]) => `  ${what.padEnd(20)} ${value}\n`).join('')}`;
}

function formatLine(
  { name, memory, cpuSeconds, moreWouldFit }: MachineStats,
  last: MachineStats | undefined,
  ms: number,
): string {
  if (memory === null) return `${escapeText(name)}: not on\n`;
  const share =
    cpuSeconds === null || last?.cpuSeconds == null
      ? '-'
      : `${Math.max(0, ((cpuSeconds - last.cpuSeconds) / (ms / 1000)) * 100).toFixed(0)}%`;
  const parts = [
    `private ${formatBytes(memory.privateBytes)}`,
    `shared ${formatBytes(memory.sharedBytes)}`,
    `PSS ${formatBytes(memory.pssBytes)}`,
    `CPU ${share}`,
    `about ${moreWouldFit ?? 0} more would fit`,
  ];
  return `${escapeText(name)}: ${parts.join(', ')}\n`;
}
