import type { MachineSummary } from '../contract/machine.ts';
import type { Call } from './call.ts';
import { type Command, defineCommand, machineNames } from './command.ts';
import { runEachMachine, severalNamesDetails } from './each-machine.ts';
import { escapeText } from './output/escape-text.ts';

type LifecycleOperation = `machine.${'shutdown' | 'reset' | 'pause' | 'resume' | 'kill' | 'suspend' | 'detach'}`;

/** A command that does one thing to each NAME and tells its state afterwards. */
export function defineLifecycleCommand(
  operation: LifecycleOperation,
  help: { readonly details: readonly string[]; readonly examples: readonly [string, ...string[]] },
): Command {
  return defineCommand({
    operation,
    details: [...help.details, severalNamesDetails],
    examples: help.examples,
    positionals: [machineNames],
    run: (call) => runEachMachine(call, (machine) => call.invoke(operation, { machine }), describeState),
  });
}

/** `demo: running (tcg)` */
export function describeState(machine: MachineSummary): string {
  const accelerator = machine.accelerator === null ? '' : ` (${machine.accelerator})`;
  return `${escapeText(machine.name)}: ${machine.state}${accelerator}\n`;
}

/** The same, and why the machine is slower than it could be, when it is. */
export async function describeStart(call: Call, machine: MachineSummary): Promise<string> {
  if (machine.accelerator === 'tcg') {
    const { notice } = await call.invoke('machine.info', { machine: machine.id });
    if (notice !== null) call.output.note(notice);
  }
  return describeState(machine);
}
