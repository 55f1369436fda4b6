import { AppError } from '../../contract/app-error.ts';
import type { Accelerator, AcceleratorChoice } from '../../contract/machine.ts';
import type { Host } from '../host/host.ts';

/** `auto` is KVM when KVM works, else TCG with the reason. KVM that was asked for is used whenever its device opens. */
export async function chooseAccelerator(
  host: Host,
  choice: AcceleratorChoice,
): Promise<{ accelerator: Accelerator; notice: string | null }> {
  if (choice === 'tcg') return { accelerator: 'tcg', notice: null };
  const kvm = await host.kvm();
  if (choice === 'auto') return kvm.usable ? { accelerator: 'kvm', notice: null } : { accelerator: 'tcg', notice: kvm.message };
  if (kvm.reason === 'no-device' || kvm.reason === 'no-permission') {
    throw new AppError('accelerator-unavailable', `KVM was asked for, but cannot be used: ${kvm.message}`, {
      hint: kvm.fix ?? 'Set the accelerator to auto or tcg.',
    });
  }
  const notice = kvm.usable ? null : `KVM was forced although it failed its test. ${kvm.message}`;
  return { accelerator: 'kvm', notice };
}
