import { RPCHandler } from '@orpc/server/message-port';
import { type IpcMainInvokeEvent, ipcMain, MessageChannelMain, type MessagePortMain } from 'electron';
import { AppError, type AppErrorData } from '../../contract/app-error.ts';
import { windowChannels } from '../../contract/window-bridge.ts';
import { bridgeConsole } from '../../core/console/bridge.ts';
import type { Core } from '../../core/core.ts';
import { buildRouter } from '../../core/rpc/router.ts';
import { reportInternalError } from '../../core/rpc/translate-error.ts';
import { getOwnFrame } from './check-sender.ts';
import { createPortEndpoint } from './port-endpoint.ts';

/** Answers the two verbs of the preload script with a port: one carries the contract, the other a console's bytes. */
export function bindWindow(core: Core): void {
  const rpc = new RPCHandler(buildRouter(core));

  ipcMain.handle(windowChannels.connect, (event, requestId: unknown) =>
    answer(() => {
      const port = deliverPort(event, requestId);
      rpc.upgrade(port);
      port.start();
    }, event),
  );

  ipcMain.handle(windowChannels.openConsole, (event, ticket: unknown, requestId: unknown) =>
    answer(async () => {
      const stream = await core.consoles.redeem(String(ticket));
      // The page may have gone while the console was opened.
      stream.once('error', () => {});
      try {
        const port = deliverPort(event, requestId);
        bridgeConsole(stream, createPortEndpoint(port));
      } catch (error) {
        stream.destroy();
        throw error;
      }
    }, event),
  );
}

/** Refuses strangers by an exception; what may go wrong for the window itself is told as data. */
async function answer(work: () => void | Promise<void>, event: IpcMainInvokeEvent): Promise<AppErrorData | null> {
  getOwnFrame(event);
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof AppError ? error.toData() : reportInternalError('the window', error);
  }
}

/** Sends one end of a new channel to the page and gives the other. */
function deliverPort(event: IpcMainInvokeEvent, requestId: unknown): MessagePortMain {
  const { port1, port2 } = new MessageChannelMain();
  getOwnFrame(event).postMessage(windowChannels.port, String(requestId), [port2]);
  return port1;
}
