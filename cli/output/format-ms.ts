/** Milliseconds as `   12.3 ms`, for a column. */
export function formatMs(ms: number): string {
  return `${ms.toFixed(1).padStart(8)} ms`;
}
