/** What the lines of a drawn chain need to know of an image. */
export interface ChainNode {
  readonly file: string;
  readonly backingFile: string | null;
}

/** One row of a drawn chain, and the lines that run through it. Lanes count from the left, from 0. */
export interface ChainRow<T> {
  readonly image: T;
  readonly lane: number;
  /** Whether something that is drawn builds on it in its own lane. */
  readonly hasAbove: boolean;
  /** Whether it builds on something. */
  readonly hasBelow: boolean;
  /** Lanes of others that run past it. */
  readonly passes: readonly number[];
  /** Lanes that end here: what else builds on it. */
  readonly joins: readonly number[];
  /** Whether it is what is written now, or that builds on it. */
  readonly isOnPath: boolean;
  /** Whether the first lane is the way from what is written now to its base. */
  readonly isPathFirst: boolean;
}

/**
 * Lays chains out in rows: what builds on an image is above it, the present of a disk at the top of the first lane, other
 * branches in lanes of their own beside it. Images whose base is not among them are drawn as bases.
 */
export function layoutChains<T extends ChainNode>(
  images: readonly T[],
  isPresent: (image: T) => boolean,
): readonly ChainRow<T>[] {
  const files = new Set(images.map(({ file }) => file));
  const above = new Map<string, T[]>();
  for (const image of images) {
    if (image.backingFile === null || !files.has(image.backingFile)) continue;
    above.set(image.backingFile, [...(above.get(image.backingFile) ?? []), image]);
  }
  const paths = findPaths(images, isPresent);
  const seen = new Set<string>();
  const place = (image: T, lane: number, isPathFirst: boolean): ChainRow<T>[] => {
    // Files that name each other in a circle are drawn once.
    if (seen.has(image.file)) return [];
    seen.add(image.file);
    const [main, ...others] = (above.get(image.file) ?? []).toSorted(
      (a, b) => Number(paths.has(b.file)) - Number(paths.has(a.file)) || a.file.localeCompare(b.file),
    );
    const rows = main === undefined ? [] : place(main, lane, isPathFirst);
    for (const [index, other] of others.entries()) {
      const running = Array.from({ length: index + 1 }, (_, offset) => lane + offset);
      rows.push(...place(other, lane + index + 1, isPathFirst).map((row) => ({ ...row, passes: [...running, ...row.passes] })));
    }
    const joins = others.map((_, index) => lane + index + 1);
    const hasBelow = image.backingFile !== null;
    rows.push({
      ...{ image, lane, hasAbove: main !== undefined, hasBelow, passes: [], joins },
      ...{ isOnPath: paths.has(image.file), isPathFirst },
    });
    return rows;
  };
  const bases = images.filter(({ backingFile }) => backingFile === null || !files.has(backingFile));
  const rows = bases.flatMap((image) => place(image, 0, paths.has(image.file)));
  return [...rows, ...images.flatMap((image) => place(image, 0, false))];
}

/** What is written now, and all it builds on. */
function findPaths<T extends ChainNode>(images: readonly T[], isPresent: (image: T) => boolean): ReadonlySet<string> {
  const byFile = new Map(images.map((image) => [image.file, image]));
  const paths = new Set<string>();
  for (const present of images.filter(isPresent)) {
    for (let next: T | undefined = present; next !== undefined && !paths.has(next.file); ) {
      paths.add(next.file);
      next = next.backingFile === null ? undefined : byFile.get(next.backingFile);
    }
  }
  return paths;
}
