import type { MachineInfo } from '../../contract/machine.ts';
import { getLinuxGuest } from '../guests/index.ts';
import type { TestWindow } from './open-window.ts';
import { waitForText } from './wait-until.ts';

/** Makes and starts a machine that boots Linux from a kernel, by the command line; it need not have booted. */
export async function startLinux(window: TestWindow, name: string): Promise<MachineInfo> {
  const { kernel, initrd, append } = await getLinuxGuest();
  const boot = ['--kernel', kernel, '--initrd', initrd, '--append', append];
  await window.bothy('create', name, ...boot, '--memory', '512M', '--cpus', '1', '--accelerator', 'tcg', '--start');
  return await window.info(name);
}

/** Waits until the shell on the serial line prompts, and gives all the line has printed. */
export function waitForShell(machine: MachineInfo): Promise<string> {
  return waitForText(machine.serial?.log ?? '', /bothy-guest-ready[\s\S]*guest# /, { timeoutMs: 90_000 });
}
