import { expect, test } from 'vitest';
import { buildFlagName } from '../../../cli/command.ts';
import { commandTable } from '../../../cli/command-table.ts';
import type { Operation } from '../../../contract/operation.ts';
import { operations } from '../../../contract/operations.ts';

const commands = await Promise.all(
  Object.entries(commandTable).map(async ([name, entry]) => ({ name, ...(await entry.load()) })),
);
const operationList = Object.entries(operations as Record<string, Record<string, Operation>>).flatMap(([noun, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => ({ name: `${noun}.${verb}`, cli: operation.cli })),
);

test('every operation has the command the contract names, or the contract says why not', () => {
  for (const { name, cli } of operationList) {
    if ('excluded' in cli) expect(cli.excluded).not.toBe('');
    else expect([commands.find((command) => command.name === cli.command)?.operation].flat(), name).toContain(name);
  }
});

test('every command asks for an operation, or says why not', () => {
  const known = operationList.map((one) => one.name);
  for (const { name, operation } of commands) {
    if (typeof operation === 'object' && 'none' in operation) expect(operation.none, name).not.toBe('');
    else expect(known, name).toEqual(expect.arrayContaining([operation].flat()));
  }
});

test('a name has one word or two, and what is a group is no command', () => {
  for (const { name } of commands) {
    expect(name).toMatch(/^[a-z]+( [a-z]+)?$/);
    expect(commands.map((command) => command.name)).not.toContain(name.split(' ').slice(0, -1).join(' '));
  }
});

test('only the last positional may be variadic, and what follows an optional one is optional', () => {
  for (const { name, positionals } of commands) {
    expect(
      positionals.findIndex((one) => one.isVariadic === true),
      name,
    ).toBeOneOf([-1, positionals.length - 1]);
    const optional = positionals.map((one) => one.isOptional === true);
    expect(optional, name).toEqual(optional.toSorted((a, b) => Number(a) - Number(b)));
  }
});

test('every command has examples that use it, and only options it has', () => {
  for (const { name, examples, options } of commands) {
    expect(
      examples.some((example) => example.includes(`bothy ${name}`)),
      name,
    ).toBe(true);
    for (const example of examples.filter((one) => one.startsWith(`bothy ${name}`) && !/[|&]/.test(one))) {
      const used = example.match(/ --[a-z-]+/g)?.map((flag) => flag.trim()) ?? [];
      expect([...Object.keys(options).map(buildFlagName), '--json'], example).toEqual(expect.arrayContaining(used));
    }
  }
});
