import { expect, test } from 'vitest';
import { findGroup, parseCpuInfo } from '../../../core/host/kvm-device.ts';

test('finds a group with its members', () => {
  const text = 'root:x:0:\n# odd\nkvm:x:104:ann,bo\nempty:x:105:\n';
  expect(findGroup(text, 104)).toEqual({ name: 'kvm', members: ['ann', 'bo'] });
  expect(findGroup(text, 105)).toEqual({ name: 'empty', members: [] });
  expect(findGroup(text, 7)).toBeUndefined();
});

test('lines that are no groups are passed over', () => {
  for (const text of ['', ':', 'kvm', 'kvm:x:104', ':x:104:a', 'kvm:x:0104:a', 'kvm:x:104 :a'])
    expect(findGroup(text, 104)).toBeUndefined();
});

test('reads model and virtualization flags of the first CPU', () => {
  const intel =
    'processor\t: 0\nmodel name\t: Intel(R) Core(TM) i7\nflags\t\t: fpu vme vmx smx\n\nprocessor\t: 1\nmodel name\t: other\n';
  expect(parseCpuInfo(intel)).toEqual({ model: 'Intel(R) Core(TM) i7', extension: 'vmx', isVirtual: false });
  const guest = 'model name\t: AMD EPYC\nflags\t\t: fpu hypervisor svm_lock\n';
  expect(parseCpuInfo(guest)).toEqual({ model: 'AMD EPYC', extension: null, isVirtual: true });
  expect(parseCpuInfo('flags\t: fpu svm\n').extension).toBe('svm');
});

test('a text that is cut off or empty says nothing', () => {
  for (const text of ['', 'flags', 'flags\t\t:', 'model name', 'xflags\t: vmx'])
    expect(parseCpuInfo(text)).toEqual({ model: '', extension: null, isVirtual: false });
});
