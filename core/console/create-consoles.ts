import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { AppError } from '../../contract/app-error.ts';
import type { ConsoleKind, Consoles } from '../core.ts';
import { getMachine } from '../machine/find-machine.ts';
import { findRunRecord } from '../machine/run-record.ts';
import type { Site } from '../machine/site.ts';
import { runtimeFile } from '../storage/file-names.ts';
import { openSerialStream } from './serial-stream.ts';

const ticketLifeMs = 30_000;
const maxTickets = 1000;

/** The consoles of a core, and the one-time tickets that stand for them. */
export function createConsoles(site: Site): Consoles & { issue(machine: string, kind: ConsoleKind): string } {
  const tickets = new Map<string, { machine: string; kind: ConsoleKind; expires: number }>();
  const open = async (machine: string, kind: ConsoleKind): Promise<Duplex> => {
    const stored = getMachine(site.store, machine);
    // A face with another XDG_RUNTIME_DIR may have started it.
    const runtimeFolder = findRunRecord(stored.folder)?.runtimeFolder ?? site.store.runtimeFolderOf(stored.id);
    if (kind === 'serial') return openSerialStream(stored.folder, runtimeFolder);
    return connectToScreen(join(runtimeFolder, runtimeFile.vnc), stored.name);
  };
  return {
    open,
    issue(machine, kind) {
      const { id } = getMachine(site.store, machine);
      for (const [ticket, { expires }] of tickets) if (expires < Date.now() || tickets.size >= maxTickets) tickets.delete(ticket);
      const ticket = randomBytes(24).toString('base64url');
      tickets.set(ticket, { machine: id, kind, expires: Date.now() + ticketLifeMs });
      return ticket;
    },
    async redeem(ticket) {
      const entry = tickets.get(ticket);
      tickets.delete(ticket);
      if (entry === undefined || entry.expires < Date.now()) {
        throw new AppError('not-found', 'This console ticket was used already, or is too old.', { hint: 'Ask for a new one.' });
      }
      return open(entry.machine, entry.kind);
    },
  };
}

function connectToScreen(path: string, name: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isOff = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      const message = isOff
        ? `“${name}” has no screen: it is not running.`
        : `The screen of “${name}” cannot be reached: ${error.message}`;
      reject(new AppError(isOff ? 'wrong-state' : 'qemu-unresponsive', message, { hint: 'Start it first.', cause: error }));
    });
  });
}
