import type { Socket } from 'node:net';
import { holdParkingChannel } from './park-shell.ts';

/** The shells that wait in clones which this process started, each for one command. */
export interface ParkedShells {
  /** Before the clone's memory is loaded: its shell goes on waiting. */
  hold(machineId: string, runtimeFolder: string): Promise<void>;
  /** The channel of its script; undefined when there is none, or it was taken. */
  take(machineId: string): Socket | undefined;
}

export function createParkedShells(): ParkedShells {
  const channels = new Map<string, Socket>();
  return {
    hold: async (machineId, runtimeFolder) => {
      const channel = await holdParkingChannel(runtimeFolder);
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
