import type { ErrorCode } from '../../../contract/app-error.ts';
import { errorCodes } from '../../../contract/app-error.ts';
import type { Command } from '../../../cli/command.ts';
import { commandTable } from '../../../cli/command-table.ts';
import { buildExitCode } from '../../../cli/exit-code.ts';
import { buildHelp } from '../../../cli/program.ts';

/** Writes docs/cli.md from the command table. */
export async function buildCliDocument(): Promise<string> {
  const entries = Object.entries(commandTable);
  const loaded = await Promise.all(entries.map(async ([name, { load }]) => [name, await load()] as const));
  const overview = loaded.map(([name, command]) => {
    return `| [\`${name}\`](#${name.replace(' ', '-')}) | ${commandTable[name]?.summary} | ${listOperations(command)} |`;
  });
  const sections = loaded.map(([name, command]) => `### ${name}\n\n\`\`\`text\n${buildHelp(name, command).trimEnd()}\n\`\`\`\n`);
  return `${introduction}
| Command | What it does | Operation of the contract |
|---|---|---|
${overview.join('\n')}

## Exit codes

| Code | Meaning | Error codes |
|---|---|---|
${exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} | ${listErrors(code)} |`).join('\n')}

## JSON

With \`--json\` a command prints one JSON document on stdout. Sizes are bytes, memory is MiB (\`memoryMiB\`), times are ISO 8601.
An error is one document on stderr: \`{"error": {"code", "message", "hint", "details"}}\`; \`hint\` and \`details\` are there when
there is something to say. Commands that take several names print an array when several are given, holding what was done; stderr
then has the first error under \`error\` and all of them under \`errors\`, each with its \`machine\`.

## Every command

${sections.join('\n')}`;
}

const introduction = `# The command line

<!-- Written by \`npx vitest run --project golden -u\` from the command table in cli/. Do not edit. -->

A machine is named by its name, its id, or an unambiguous start of its id. Colour and progress bars appear on a terminal only, and
\`NO_COLOR\` turns colour off. Ctrl+C cancels and cleans up; a second one leaves at once.
`;

const exitCodes: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'wrong usage or refused input'],
  [3, 'no such machine or snapshot, or a start of an id that fits several'],
  [4, 'refused because of the state of the machine, or because something else is changing it'],
  [124, 'timed out'],
  [130, 'cancelled by Ctrl+C (143 by SIGTERM, 129 by a closed terminal)'],
];

function listOperations({ operation }: Command): string {
  if (typeof operation === 'object' && 'none' in operation) return `none: ${operation.none}`;
  return [operation]
    .flat()
    .map((name) => `\`${name}\``)
    .join(', ');
}

function listErrors(exitCode: number): string {
  const codes = errorCodes.filter((code: ErrorCode) => buildExitCode(code) === exitCode);
  return codes.length === 0 ? '-' : codes.map((code) => `\`${code}\``).join(', ');
}
