import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Connects to a socket that QEMU serves to one client at a time, its backlog to one or two more: `EAGAIN` means that it is full, and is
 * tried again until `deadline` (as `performance.now()` counts). Rejects with the socket's own error.
 */
export async function connectInTurn(path: string, deadline: number): Promise<Socket> {
  for (;;) {
    try {
      return await connectOnce(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) throw error;
      await delay(2);
    }
  }
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
