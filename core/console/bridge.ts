import type { Duplex } from 'node:stream';

/** The far end of a console as a transport gives it: a WebSocket, or a MessagePort with acknowledgements. */
export interface ConsoleEndpoint {
  /** Sends bytes; `sent` is called once, when they have left and no longer cost memory here. */
  send(bytes: Uint8Array, sent: () => void): void;
  /** Stops the far end from sending more, as far as the transport can. */
  pause(): void;
  resume(): void;
  /** Ends the console; the reason is shown to the person. */
  close(reason: string): void;
  /** Called once, before anything arrives. */
  listen(onBytes: (bytes: Uint8Array) => void, onClose: () => void): void;
}

/**
 * Copies bytes between a console stream and its far end until one of them ends, then ends the other. A slow reader on either
 * side slows the writer on the other: at most `highWaterBytes` and one chunk wait in this process.
 */
export function bridgeConsole(stream: Duplex, endpoint: ConsoleEndpoint): void {
  let waitingBytes = 0;

  stream.on('data', (chunk: Buffer) => {
    waitingBytes += chunk.length;
    if (waitingBytes >= highWaterBytes) stream.pause();
    endpoint.send(chunk, () => {
      waitingBytes -= chunk.length;
      if (waitingBytes <= lowWaterBytes && stream.isPaused()) stream.resume();
    });
  });
  stream.on('end', () => endpoint.close('The machine closed this console.'));
  stream.on('error', (error) => endpoint.close(`This console broke: ${error.message}`));
  stream.on('close', () => endpoint.close('This console was closed.'));

  stream.on('drain', () => endpoint.resume());
  endpoint.listen(
    (bytes) => {
      if (stream.destroyed || stream.writableEnded) return;
      if (!stream.write(bytes)) endpoint.pause();
    },
    () => stream.destroy(),
  );
}

const highWaterBytes = 1024 * 1024;
const lowWaterBytes = 256 * 1024;
