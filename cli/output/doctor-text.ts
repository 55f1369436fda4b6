import type { Check, DoctorReport } from '../../contract/host.ts';
import { escapeText } from './escape-text.ts';
import { formatBytes, formatMemory } from './format.ts';
import type { Paint, Style } from './style.ts';
import { buildPairs } from './table.ts';

/** What `bothy doctor` prints: what failed first, then what could be better, then what is fine, then the facts. */
export function buildDoctorText(report: DoctorReport, paint: Paint): string {
  const groups = (['failed', 'warning', 'ok'] as const).map((status) => {
    const checks = report.checks.filter((check) => check.status === status);
    const lines = checks.map((check) => buildCheck(check, paint));
    return lines.length === 0 ? '' : `${paint('bold', headings[status])}\n${lines.join('')}\n`;
  });
  return `${groups.join('')}${paint('bold', 'This host')}\n${indent(buildPairs(buildFacts(report), paint))}`;
}

const headings: Record<Check['status'], string> = { failed: 'Must be mended', warning: 'Could be better', ok: 'Fine' };
const marks: Record<Check['status'], readonly [Style, string]> = {
  failed: ['red', 'x'],
  warning: ['yellow', '!'],
  ok: ['green', '+'],
};

function buildCheck(check: Check, paint: Paint): string {
  const [style, mark] = marks[check.status];
  const fix = check.fix === null ? '' : `    fix: ${escapeText(check.fix)}\n`;
  return `  ${paint(style, mark)} ${escapeText(check.title)}: ${escapeText(check.message)}\n${fix}`;
}

function buildFacts(report: DoctorReport): [string, string][] {
  const { qemu, qemuImg, firmware } = report;
  const helpers = Object.entries(report.helpers).map(([name, path]) => `${name}: ${path ?? 'not found'}`);
  return [
    ['Accelerator', report.accelerator],
    ['KVM', report.kvm.message],
    ['QEMU', qemu === null ? 'not found' : `${qemu.version}, ${qemu.path}, ${qemu.machineType}`],
    ['QEMU features', qemu === null ? '-' : listFeatures(qemu.features)],
    ['qemu-img', qemuImg === null ? 'not found' : `${qemuImg.version}, ${qemuImg.path}`],
    [
      'Firmware',
      `bios: ${firmware.bios ? 'yes' : 'no'}\nuefi: ${firmware.uefi ?? 'not found'}\nuefi-secure: ${firmware.uefiSecure ?? 'not found'}`,
    ],
    ['Memory', `${formatMemory(report.memory.availableMiB)} of ${formatMemory(report.memory.totalMiB)} available`],
    ['Disk', `${formatBytes(report.disk.freeBytes)} free in ${report.disk.folder}`],
    ['CPUs', String(report.cpus)],
    ['Helpers', helpers.length === 0 ? '-' : helpers.join('\n')],
  ];
}

function listFeatures(features: Readonly<Record<string, boolean>>): string {
  return Object.entries(features)
    .map(([name, isThere]) => (isThere ? name : `no ${name}`))
    .join(', ');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
