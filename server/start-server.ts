import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../contract/app-error.ts';
import type { Core } from '../core/core.ts';
import { reportInternalError } from '../core/rpc/translate-error.ts';
import { createUpgradeAcceptor } from './accept-upgrade.ts';
import { createAccess } from './access.ts';
import { answerRequest, buildEnterUrl } from './answer-request.ts';
import { sendPlainPage } from './plain-page.ts';

/** The running web mode. */
export interface RunningServer {
  /** The address for a person: it holds the secret of this run and can be opened any number of times. */
  readonly url: string;
  readonly port: number;
  /** An address good for one opening within a minute, for command lines that other users of the computer can see. */
  buildLaunchUrl(): string;
  /** Ends every connection and stops listening; the core and its machines go on. */
  close(): Promise<void>;
}

/** Serves the window and the contract on the loopback interface. Port 0 takes any free one. */
export async function startServer(options: {
  readonly core: Core;
  /** The built window, `dist/renderer`. */
  readonly rendererFolder: string;
  readonly port?: number;
  readonly secret?: string;
}): Promise<RunningServer> {
  const access = createAccess(options.secret);
  const acceptor = createUpgradeAcceptor(options.core, access);
  const server = createServer({ noDelay: true }, (request, response) => {
    answerRequest(request, response, { access, rendererFolder: options.rendererFolder }).catch((error: unknown) => {
      const { message } = reportInternalError('the web server', error);
      if (response.headersSent) response.destroy();
      else sendPlainPage(response, 500, { title: 'Internal error', text: message });
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.maxConnections = maxConnections;
  server.on('upgrade', acceptor.accept);
  const port = await listen(server, options.port ?? 0);
  const closed = once(server, 'close');
  return {
    url: buildEnterUrl(port, access.secret),
    port,
    buildLaunchUrl: () => buildEnterUrl(port, access.issueLaunchKey()),
    async close() {
      server.close();
      acceptor.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const maxConnections = 128;

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw explainListenFailure(error as NodeJS.ErrnoException, port);
  }
  return (server.address() as AddressInfo).port;
}

function explainListenFailure(error: NodeJS.ErrnoException, port: number): Error {
  const hint = 'Choose another with --port, or leave it out to take any free one.';
  if (error.code === 'EADDRINUSE')
    return new AppError('busy', `Port ${port} is used by another program.`, { hint, cause: error });
  if (error.code === 'EACCES')
    return new AppError('permission-denied', `Port ${port} is not yours to use.`, { hint, cause: error });
  return error;
}
