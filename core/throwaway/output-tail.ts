/** The last bytes of an output, as much as is kept of it. */
export interface OutputTail {
  add(chunk: Buffer): void;
  /** As text; what is not UTF-8 is replaced. */
  read(): string;
  readonly isCut: boolean;
}

export function createOutputTail(maxBytes: number): OutputTail {
  let kept: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  const join = (): Buffer => {
    const all = Buffer.concat(kept);
    const tail = all.length > maxBytes ? skipPartOfCharacter(all.subarray(all.length - maxBytes)) : all;
    kept = [tail];
    bytes = tail.length;
    return tail;
  };
  return {
    add(chunk) {
      kept.push(chunk);
      bytes += chunk.length;
      if (bytes <= maxBytes) return;
      isCut = true;
      // Not at each chunk: copying what is kept again and again would take longer than the output itself.
      if (bytes > maxBytes * 2) join();
    },
    read: () => join().toString('utf8'),
    get isCut() {
      return isCut;
    },
  };
}

/** A cut may go through a character; its later bytes are 10xxxxxx (RFC 3629). */
function skipPartOfCharacter(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start);
}
