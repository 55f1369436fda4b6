import { defineCommand, machineName } from '../command.ts';
import { describeState } from '../lifecycle.ts';

/** `bothy keep NAME [NEW]` */
export const keep = defineCommand({
  operation: 'throwaway.keep',
  details: [
    'A throwaway becomes a normal machine that stays when it is off, without being stopped. From the first moment on nothing throws ' +
      'it away; then what it reads from its template is copied into its own disks. That copying can be cancelled, and done later ' +
      'with `bothy detach`.',
    'The name changes in Bothy; the guest keeps its host name.',
  ],
  examples: ['bothy keep demo-4k2m', 'bothy keep demo-4k2m build-server'],
  positionals: [machineName, { name: 'NEW', description: 'what to call it from now on', isOptional: true, complete: 'none' }],
  async run(call) {
    const [machine = '', name] = call.arguments;
    const kept = await call.invoke('throwaway.keep', { machine, name });
    if (call.isJson) call.output.writeJson(kept);
    else call.output.write(describeState(kept));
    return undefined;
  },
});
