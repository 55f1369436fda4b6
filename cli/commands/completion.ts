import { AppError } from '../../contract/app-error.ts';
import { defineCommand } from '../command.ts';
import { completionScripts } from '../completion/scripts.ts';

/** `bothy completion SHELL` */
export const completion = defineCommand({
  operation: { none: 'it is about the shell, not about machines' },
  details: ['Commands, options, key names, settings and the names of your machines are completed.'],
  examples: [
    'source <(bothy completion bash)   # in ~/.bashrc',
    'source <(bothy completion zsh)    # in ~/.zshrc, after compinit',
    'bothy completion fish > ~/.config/fish/completions/bothy.fish',
  ],
  positionals: [{ name: 'SHELL', description: 'bash, zsh or fish', complete: 'shell' }],
  hasJson: false,
  run(call) {
    const [shell = ''] = call.arguments;
    const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
    if (script === undefined) {
      const error = new AppError('usage', `There is no completion for “${shell}”.`, {
        hint: `Shells: ${Object.keys(completionScripts).join(', ')}.`,
      });
      return Promise.reject(error);
    }
    call.output.write(script);
    return Promise.resolve(undefined);
  },
});
