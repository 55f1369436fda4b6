/** Memory sizes worth choosing, in MiB, up to what the host has. */
export function buildMemorySteps(totalMiB: number): readonly number[] {
  const steps: number[] = [];
  for (let size = 256; size <= totalMiB; size *= 2) {
    steps.push(size);
    if (size >= 1024 && size * 1.5 <= totalMiB) steps.push(size * 1.5);
  }
  return steps.length > 1 ? steps : [128, 256];
}

/** CPU counts worth choosing, up to what the host has. */
export function buildCpuSteps(cpus: number): readonly number[] {
  const all = Array.from({ length: Math.max(2, cpus) }, (_, index) => index + 1);
  return all.length <= 16 ? all : all.filter((count) => count <= 8 || count % 4 === 0 || count === cpus);
}

/** Disk sizes worth choosing, in GiB; they are virtual, so the free space is no hard bound. */
export const diskStepsGiB: readonly number[] = [1, 2, 5, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 500];
