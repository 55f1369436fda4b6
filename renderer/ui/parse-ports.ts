import type { PortForward } from '../../contract/machine.ts';

/** A port forwarding while it is edited: numbers may be missing. */
export interface PortRow {
  readonly host: number | '';
  readonly guest: number | '';
  readonly protocol: 'tcp' | 'udp';
}

/** The finished rows; a row without numbers is dropped. */
export function parsePorts(rows: readonly PortRow[]): PortForward[] {
  return rows.flatMap(({ host, guest, protocol }) => (host === '' || guest === '' ? [] : [{ host, guest, protocol }]));
}

/** What is wrong with the rows, in words; null when they can be used. */
export function findPortProblem(rows: readonly PortRow[]): string | null {
  const seen = new Set<string>();
  for (const { host, guest, protocol } of rows) {
    if (host === '' && guest === '') continue;
    if (host === '' || guest === '') return 'A forwarding needs both of its ports.';
    if (![host, guest].every((port) => Number.isInteger(port) && port >= 1 && port <= 65535))
      return 'A port is a number from 1 to 65535.';
    if (seen.has(`${protocol} ${host}`)) return `Port ${host}/${protocol} of this host is forwarded twice.`;
    seen.add(`${protocol} ${host}`);
  }
  return null;
}
