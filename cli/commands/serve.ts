import { once } from 'node:events';
import { join } from 'node:path';
import { defineCommand, flag, option } from '../command.ts';
import { parsePortNumber } from '../parse/port.ts';

/** `bothy serve` */
export const serve = defineCommand({
  operation: { none: 'it binds the whole contract to a socket' },
  details: [
    'Serves the window on this computer only, at an address that holds a secret of this run. Ctrl+C ends it; machines go on, but for throwaways that were started in it.',
    'As long as it is there it keeps machines ready of the templates that want it: see `bothy template edit`.',
    'From another computer: ssh -L 8006:127.0.0.1:8006 HOST, then open the printed address there.',
  ],
  examples: ['bothy serve --open', 'bothy serve --port 8006'],
  options: {
    port: option('N', 'port to listen on (default: any free one)', parsePortNumber),
    open: flag('open the window: Chromium without its frame, else the default browser'),
  },
  async run(call, options) {
    const { startServer } = await import('../../server/start-server.ts');
    const core = await call.core();
    const server = await startServer({ core, port: options.port ?? 0, rendererFolder: findRendererFolder() });
    core.keepReady();
    try {
      if (call.isJson) call.output.writeJson({ url: server.url, port: server.port });
      else call.output.write(`${server.url}\n`);
      if (options.open) {
        const { openWindow } = await import('../../server/open-window.ts');
        const openedWith = await openWindow(server.buildLaunchUrl(), call.environment, (line) =>
          call.output.writeError(`${line}\n`),
        );
        if (openedWith === 'printed') call.output.note('no screen or no browser was found here; open the address yourself');
      }
      if (!call.signal.aborted) await once(call.signal, 'abort');
    } finally {
      await server.close();
    }
    return undefined;
  },
});

/** `dist/renderer` of the installation; this file is in `cli/commands`, the built one in `dist/cli`. */
function findRendererFolder(): string {
  return join(import.meta.dirname, '../../dist/renderer');
}
