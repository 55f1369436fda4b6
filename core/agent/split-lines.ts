/** The longest line an agent sends honestly: the answer with 16 MiB of each output, as base64. */
const longestLineBytes = 64 * 1024 ** 2;

/**
 * Cuts what comes in pieces into lines, without their ends, and looks at each byte once. A guest that sends no end of a line makes it
 * give up, so that it cannot fill the memory of this process: `onTooLong`, once.
 */
export function splitLines(onLine: (line: Buffer) => void, onTooLong: () => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pieces, chunk.subarray(start, end)]);
      [pieces, length, start] = [[], 0, end + 1];
      onLine(line);
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length <= longestLineBytes) return;
    pieces = [];
    length = 0;
    onTooLong();
  };
}
