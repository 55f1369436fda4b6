/** QEMU's arguments one option per line: each option stands with its value. */
export function groupArguments(argv: readonly string[]): readonly string[] {
  const [program = '', ...rest] = argv;
  const lines = [program];
  for (const argument of rest) {
    const last = lines.length - 1;
    const isOption = /^-{1,2}[a-zA-Z]/.test(argument);
    const line = lines[last] ?? '';
    if (isOption || last === 0 || line.includes(' ')) lines.push(argument);
    else lines[last] = `${line} ${argument}`;
  }
  return lines;
}
