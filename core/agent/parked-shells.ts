import type { Socket } from 'node:net';

/** The shells that wait in clones which this process started, each for one command. */
export interface ParkedShells {
  /** Until its command comes. */
  keep(machineId: string, channel: Socket): void;
  /** The channel of its script; undefined when there is none, or it was taken. */
  take(machineId: string): Socket | undefined;
}

export function createParkedShells(): ParkedShells {
  const channels = new Map<string, Socket>();
  return {
    keep: (machineId, channel) => {
      channels.set(machineId, channel);
      channel.once('close', () => {
        if (channels.get(machineId) === channel) channels.delete(machineId);
      });
    },
    take: (machineId) => {
      const channel = channels.get(machineId);
      channels.delete(machineId);
      return channel;
    },
  };
}
