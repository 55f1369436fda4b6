/** Takes the time of work that is done in parts, one after the other. */
export interface Phases {
  /** Says that a part is done, which began when the one before it was. */
  end(name: string): void;
  /** Milliseconds by part, in order; parts of one name are added up. */
  list(): { name: string; ms: number }[];
}

export function createPhases(): Phases {
  const spent = new Map<string, number>();
  let last = performance.now();
  return {
    end(name) {
      const now = performance.now();
      spent.set(name, (spent.get(name) ?? 0) + now - last);
      last = now;
    },
    list: () => [...spent].map(([name, ms]) => ({ name, ms: Math.round(ms * 100) / 100 })),
  };
}
