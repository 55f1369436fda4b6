/** Reads QEMU's `a=b,c=d` back, where a doubled comma stands for itself: an independent reading of qemu(1), "Device options". */
export function parseOptions(text: string): ReadonlyMap<string, string> {
  const parts: string[] = [];
  let part = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character !== ',') part += character;
    else if (text.charAt(index + 1) === ',') {
      part += ',';
      index += 1;
    } else {
      parts.push(part);
      part = '';
    }
  }
  parts.push(part);
  return new Map(
    parts.map((each, index) => {
      const equals = each.indexOf('=');
      // The first may leave its name out: `-chardev socket,...`.
      return equals === -1 ? [index === 0 ? '' : each, each] : [each.slice(0, equals), each.slice(equals + 1)];
    }),
  );
}

/** The values of an option that may be given several times. */
export function findValues(argv: readonly string[], option: string): string[] {
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));
}
