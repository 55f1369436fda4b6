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

test.each([
  [{ exitCode: null, signal: 'SIGKILL' as const }, ''],
  [{ exitCode: 0, signal: null }, 'qemu-system-x86_64: terminating on signal 15 from pid 1 (init)'],
])('one that was ended from outside has not failed: %j', (end, log) => {
  expect(explainQemuFailure(machine, end, log)).toMatchObject({
    code: 'qemu-killed',
    message: expect.stringMatching(/from outside/),
  });
  expect(explainQemuFailure(machine, { exitCode: null, signal: 'SIGSEGV' }, '').code).toBe('qemu-failed');
  expect(explainQemuFailure(machine, { exitCode: null, signal: 'SIGBUS' }, '').code).toBe('not-enough-space');
});
