import { contextBridge, ipcRenderer } from 'electron';
import { type PortDelivery, type WindowBridge, windowChannels } from '../../contract/window-bridge.ts';

/** The two verbs of the page. Arguments are made strings here and judged in the main process. */
const bridge: WindowBridge = {
  kind: 'electron',
  connect: (requestId) => ipcRenderer.invoke(windowChannels.connect, String(requestId)),
  openConsole: (ticket, requestId) => ipcRenderer.invoke(windowChannels.openConsole, String(ticket), String(requestId)),
};

// The context bridge carries no ports, so they reach the page as messages of its own window.
ipcRenderer.on(windowChannels.port, (event, requestId: string) => {
  const delivery: PortDelivery = { bothyPort: requestId };
  window.postMessage(delivery, window.location.origin, event.ports);
});

contextBridge.exposeInMainWorld('bothy', bridge);
