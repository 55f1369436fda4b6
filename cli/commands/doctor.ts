import { defineCommand, flag } from '../command.ts';
import { buildDoctorText } from '../output/doctor-text.ts';

/** `bothy doctor` */
export const doctor = defineCommand({
  operation: 'host.doctor',
  details: ['The exit code is 1 when a check failed; warnings do not count.'],
  examples: ['bothy doctor', 'bothy doctor --json | jq .kvm'],
  options: { fresh: flag('try KVM again instead of trusting an earlier result') },
  async run(call, { fresh }) {
    const report = await call.invoke('host.doctor', { fresh });
    if (call.isJson) call.output.writeJson(report);
    else call.output.write(buildDoctorText(report, call.output.paint));
    return report.checks.some((check) => check.status === 'failed') ? 1 : 0;
  },
});
