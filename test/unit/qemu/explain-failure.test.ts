import { expect, test } from 'vitest';
import { explainQemuFailure } from '../../../core/qemu/explain-failure.ts';
import { buildShape } from '../../fixtures/machine-shapes.ts';

const machine = buildShape({ accelerator: 'tcg', build: () => ({}) }, { iso: '', kernel: '', initrd: '', bootFile: '' });

test.each([
  [
    'a device of ours that is packed apart',
    "qemu-system-x86_64: -device virtio-vga,id=video0: 'virtio-vga' is not a valid device model name",
    /lacks the device virtio-vga/,
    /whole QEMU/,
  ],
  [
    'a device that a person asked for',
    "qemu-system-x86_64: -device warp-drive: 'warp-drive' is not a valid device model name",
    /does not accept its command line/,
    /extra QEMU arguments/,
  ],
])('%s is told with its own way out', (_name, log, message, hint) => {
  const error = explainQemuFailure(machine, { exitCode: 1, signal: null }, log);
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
  expect(error.details).toBe(log);
});
