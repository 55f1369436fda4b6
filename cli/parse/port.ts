import { AppError } from '../../contract/app-error.ts';
import type { PortForward } from '../../contract/machine.ts';

/** Parses a port forward such as `2222:22` or `5353:53/udp`. */
export function parsePort(text: string, label: string): PortForward {
  const match = /^([0-9]{1,5}):([0-9]{1,5})(?:\/(tcp|udp))?$/.exec(text);
  const host = Number(match?.[1]);
  const guest = Number(match?.[2]);
  if (match === null || !isPort(host) || !isPort(guest)) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a port forward.`, {
      hint: 'Say HOST:GUEST or HOST:GUEST/udp with ports from 1 to 65535, such as 2222:22.',
    });
  }
  return { host, guest, protocol: match[3] === 'udp' ? 'udp' : 'tcp' };
}

/** The way a person writes it: `2222:22`, `5353:53/udp`. */
export function formatPort(port: PortForward): string {
  return `${port.host}:${port.guest}${port.protocol === 'udp' ? '/udp' : ''}`;
}

/** Parses a port to listen on; 0 takes any free one. */
export function parsePortNumber(text: string, label: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port !== 0 && !isPort(port)) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a port.`, {
      hint: 'Give a number from 1 to 65535, or 0 for any.',
    });
  }
  return port;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535;
}
