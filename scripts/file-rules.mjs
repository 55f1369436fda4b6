// What every text file of the checkout must hold to: its size, and that it names nothing of the machine it was written on.
import { homedir, hostname } from 'node:os';
import { dirname, extname } from 'node:path';

/** The most lines a file may have, by the end of its name. */
const maxLines = new Map([
  ['.ts', 400],
  ['.tsx', 250],
  ['.mjs', 400],
  ['.css', 400],
]);

/** Says what is wrong with one file, one sentence each. @type {(file: string, text: string, root: string) => string[]} */
export function findFileProblems(file, text, root) {
  const problems = [];
  const limit = maxLines.get(extname(file));
  const lines = text.split('\n');
  if (text.endsWith('\n')) lines.pop();
  if (limit !== undefined && lines.length > limit) problems.push(`${file}: ${lines.length} lines, at most ${limit} are allowed`);
  const traces = buildTraces(root);
  for (const [index, line] of lines.entries()) {
    const trace = traces.find((pattern) => pattern.test(line));
    if (trace !== undefined) problems.push(`${file}:${index + 1}: names a place of one machine: ${line.trim().slice(0, 120)}`);
  }
  return problems;
}

/** Home folders of anybody but `you` and `user`, and this machine's own folders and name. @type {(root: string) => RegExp[]} */
function buildTraces(root) {
  const own = [root, dirname(root), homedir()].filter((path) => path.split('/').length > 2 || path === homedir());
  return [
    /(?<![\w.~])\/(home|Users)\/(?!you\b|user\b|\$|<|\{)\w/,
    ...own.filter((path) => path !== '/').map((path) => new RegExp(`(?<![\\w.~])${escapePattern(path)}/`)),
    ...(hostname().length > 8 ? [new RegExp(`\\b${escapePattern(hostname())}\\b`)] : []),
  ];
}

/** @type {(text: string) => string} */
function escapePattern(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
