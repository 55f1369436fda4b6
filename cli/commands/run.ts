import { AppError } from '../../contract/app-error.ts';
import { choice, defineCommand, flag, option, repeated } from '../command.ts';
import { checkTerminal, guestOptions } from '../guest-options.ts';
import { guestCommand } from '../guest-positional.ts';
import { parseCopyIn, parseCopyOut } from '../parse/copy.ts';
import { parsePort } from '../parse/port.ts';
import { parseDuration, parseInteger, parseMemory, parseParallel } from '../parse/size.ts';

/** `bothy run TEMPLATE [-- CMD...]` */
export const run = defineCommand({
  operation: ['throwaway.create', 'throwaway.matrix'],
  details: [
    'A machine of TEMPLATE that is thrown away afterwards, with all that was written in it. Of a warm template it is there at once; ' +
      'else it boots, and the first line on stderr says why.',
    'With CMD, output and exit code are those of the command; the guest needs the QEMU guest agent. Ctrl+C ends the command in the ' +
      'guest and then the machine, a second one leaves at once and the machine ends by itself. When Bothy itself fails, the ' +
      'exit code is 125.',
    'Without CMD, the terminal is joined with the machine’s serial line; Ctrl+] leaves and throws the machine away.',
    'With --on, the command runs on several templates, each in a machine of its own, as many at once as there are processors and free ' +
      'memory for, and what came of it is printed as a grid. The exit code is 0 when all of them ended with 0, 125 when Bothy failed ' +
      'on one, else 1.',
    'With --json the document has the exit code (124 when its time was over) and the last 64 KiB of each output.',
    '--copy SRC:DST copies from the host into the guest before the command runs, --copy-out SRC:DST from the guest to the host when it ' +
      'has ended, whatever its exit code.',
  ],
  examples: [
    'bothy run demo -- uname -a',
    'bothy run demo -it -- sh',
    'bothy run demo --copy ./src:/src --workdir /src --timeout 600 -- make test',
    'bothy run demo --copy-out /var/log:./logs -- ./produce-logs',
    'bothy run demo --stdin data.csv --network none -- sort',
    'bothy run --on debian-12,debian-13,fedora --timeout 300 -- ./install-and-test',
    'bothy run demo',
  ],
  positionals: [
    { name: 'TEMPLATE', description: 'name, id, or unambiguous start of the id', isOptional: true, complete: 'template' },
    { ...guestCommand, isOptional: true },
  ],
  options: {
    ...guestOptions,
    on: option('TEMPLATE,...', 'run the command on several templates at once', parseTemplates),
    parallel: option('N', 'with --on: at most this many at once', parseParallel),
    stdin: option('FILE', 'what the command reads; - for what this one reads', (text) => text, 'file'),
    copy: repeated('SRC:DST', 'copy a file or folder into the guest first', parseCopyIn),
    copyOut: repeated('SRC:DST', 'copy a file or folder out of the guest afterwards', parseCopyOut),
    memory: option('SIZE', 'memory, such as 2G or 2048 (MiB); other than the template’s, it boots', parseMemory),
    cpus: option('N', 'number of processors; other than the template’s, it boots', parseInteger),
    network: choice(['user', 'none'], 'user reaches out through the host; none reaches nothing'),
    port: repeated('HOST:GUEST[/udp]', 'let the host reach a port of the guest', parsePort),
    name: option('NAME', 'what to call the machine', (text) => text),
    ttl: option('TIME', 'end the machine after this time, such as 30m or 1h', parseDuration),
    keep: flag('make it a normal machine instead of throwing it away'),
    trace: flag('say on stderr where the time went, in milliseconds'),
  },
  passesExitCode: true,
  async run(call, { on, parallel, ...given }) {
    if (on !== undefined) return (await import('../run-matrix.ts')).runMatrix(call, { ...given, templates: on, parallel });
    if (parallel !== undefined) throw new AppError('usage', '--parallel goes with --on only.', { hint: 'Leave it out.' });
    if (call.isJson && (given.terminal || call.arguments.length < 2))
      throw new AppError('usage', `--json goes with a command${given.terminal ? ' without a terminal' : ''} only.`, {
        hint: 'The document tells of its end: bothy run TEMPLATE --json -- CMD',
      });
    if (call.arguments.length === 0)
      throw new AppError('usage', 'There is no template to run.', { hint: 'See `bothy template list` for those there are.' });
    const { interactive, terminal, ...options } = given;
    const [template = '', ...words] = call.arguments;
    const hasInput = interactive || terminal;
    if (hasInput && options.stdin !== undefined) throw new AppError('usage', '--stdin and -i or -t exclude each other.');
    checkTerminal(terminal);
    const { runThrowaway } = await import('../run-throwaway.ts');
    const stdin = options.stdin ?? (hasInput ? '-' : undefined);
    return runThrowaway(call, { ...options, template, words, stdin, hasTerminal: terminal });
  },
});

function parseTemplates(text: string, label: string): readonly string[] {
  const templates = text.split(',').map((name) => name.trim());
  if (!templates.includes('')) return templates;
  throw new AppError('usage', `${label} takes names with commas between them, not “${text}”.`);
}
