import { AppError } from '../../contract/app-error.ts';
import type { Call } from '../call.ts';
import { defineCommand, machineName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { parseSettings, type SettingChanges, settingKeys } from '../parse/settings.ts';

/** `bothy set NAME key=value...` */
export const set = defineCommand({
  operation: 'machine.set',
  details: [
    `Settings:\n${settingKeys.map((one) => `  ${`${one.key}=${one.value}`.padEnd(26)} ${one.description}`).join('\n')}`,
    'What a running machine cannot take over counts from its next start, and the command says so.',
  ],
  examples: [
    'bothy set demo memory=4G cpus=4',
    'bothy set demo cdrom=none boot=disk,cdrom',
    'bothy set demo name=web tags=work,web',
  ],
  positionals: [machineName, { name: 'KEY=VALUE', description: 'settings to change', isVariadic: true, complete: 'setting' }],
  async run(call) {
    const [machine = '', ...words] = call.arguments;
    const changes = parseSettings(words);
    const kernel = await buildKernel(call, machine, changes.kernel);
    const settings = { ...changes.settings, ...(kernel === undefined ? {} : { kernel }) };
    const info = await call.invoke('machine.set', { machine, settings });
    if (call.isJson) {
      call.output.writeJson(info);
      return undefined;
    }
    const pending = info.pending.map((one) => `  at the next start: ${one.setting}: ${one.now} -> ${one.next}`);
    call.output.write([`${info.name}: changed`, ...pending].map((line) => `${escapeText(line)}\n`).join(''));
    return undefined;
  },
});

/** The contract takes a direct kernel whole; what is not given stays as the machine has it. */
async function buildKernel(call: Call, machine: string, changes: SettingChanges['kernel']): Promise<unknown> {
  if (Object.keys(changes).length === 0) return undefined;
  if (changes.kernel === null) return null;
  const present = (await call.invoke('machine.info', { machine })).definition?.kernel ?? null;
  const kernel = changes.kernel ?? present?.kernel;
  if (kernel === undefined) {
    throw new AppError('invalid-input', `“${machine}” boots no kernel of its own, so it takes no initrd and no append.`, {
      hint: 'Add kernel=FILE.',
    });
  }
  return {
    kernel,
    initrd: changes.initrd === undefined ? (present?.initrd ?? null) : changes.initrd,
    append: changes.append ?? present?.append ?? '',
  };
}
