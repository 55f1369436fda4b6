import { AppError } from '../contract/app-error.ts';

/** What zod and oRPC both say about one wrong value. */
export interface InputIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** Says in words which part of an operation's input is wrong. */
export function buildInputError(operationName: string, issues: readonly InputIssue[]): AppError {
  const sentences = issues.slice(0, maxSentences).map(describeIssue);
  const rest = issues.length - sentences.length;
  const more = rest > 0 ? ` (and ${rest} more)` : '';
  return new AppError('invalid-input', `${operationName} was asked with wrong input: ${sentences.join('; ')}${more}.`, {
    hint: 'Correct the value named here and try again.',
  });
}

const maxSentences = 3;

function describeIssue(issue: InputIssue): string {
  const path = formatPath(issue.path ?? []);
  const message = issue.message.replace(/^Invalid input: /, '').replace(/received undefined$/, 'received nothing');
  return path === '' ? uncapitalise(message) : `${path}: ${uncapitalise(message)}`;
}

function formatPath(path: NonNullable<InputIssue['path']>): string {
  return path
    .map((part) => (typeof part === 'object' ? part.key : part))
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function uncapitalise(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
