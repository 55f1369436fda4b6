import { expect, it } from 'vitest';
import { findVcpuTime } from '../../../core/qemu/vcpu-time.ts';
import { tinyMachine, useCore } from '../../kit/use-core.ts';

it('the time of emulated CPUs is found and grows', async () => {
  const { machine } = useCore();
  const { id } = await machine.create({ name: 'web', ...tinyMachine, cpus: 2, start: true }, {});
  const { pid } = await machine.info({ machine: id }, {});
  await expect.poll(() => findVcpuTime(pid ?? 0)?.userSeconds).toBeGreaterThan(0);
  await machine.kill({ machine: id }, {});
  expect(findVcpuTime(pid ?? 0)).toBeUndefined();
});
