import { defineCommand, machineName } from '../command.ts';
import { buildEnv, checkTerminal, execAsDocument, guestOptions } from '../guest-options.ts';
import { getGuestCommand, guestCommand } from '../guest-positional.ts';

/** `bothy exec NAME -- CMD...` */
export const exec = defineCommand({
  operation: 'machine.exec',
  details: [
    'Output and exit code are those of the command. It is no shell line: `-- sh -c "a | b"` makes it one. The guest needs the ' +
      'QEMU guest agent. Ctrl+C ends the command in the guest. When Bothy itself fails, the exit code is 125.',
    'Two commands at a time have their input and output carried live in each machine. More at a time, and commands in guests without a ' +
      'POSIX shell, give their output, up to 16 MiB, when they have ended.',
    'With --json the document has the exit code (124 when its time was over) and the last 64 KiB of each output.',
  ],
  examples: [
    'bothy exec web -- uname -a',
    'bothy exec web -it -- sh',
    'bothy exec web --env DEBUG=1 --workdir /srv -- ./deploy all',
    'bothy exec web -i -- tar xf - -C /srv < site.tar',
  ],
  positionals: [machineName, guestCommand],
  options: guestOptions,
  passesExitCode: true,
  async run(call, { interactive, terminal, env, workdir, timeout }) {
    const [machine = '', ...words] = call.arguments;
    const argv = getGuestCommand(words);
    checkTerminal(terminal);
    if (call.isJson) {
      const wish = { machine, command: argv, env, workdir, timeoutSeconds: timeout };
      return execAsDocument(call, wish, interactive ? process.stdin : null);
    }
    const [{ joinGuest }, core] = await Promise.all([import('../join-guest.ts'), call.core()]);
    return joinGuest(
      {
        guests: core.guests,
        signal: call.signal,
        input: interactive || terminal ? process.stdin : null,
        hasTerminal: terminal,
        timeoutSeconds: timeout,
        isThrownAway: false,
      },
      machine,
      { argv, env: buildEnv(call, env, terminal), workdir },
    );
  },
});
