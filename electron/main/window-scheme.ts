import { protocol } from 'electron';
import { readPageFile } from '../../core/page/read-page-file.ts';
import { pageSecurityHeaders } from '../../core/page/security-headers.ts';

/** The origin of the window's page, and of nothing else. */
export const windowOrigin = 'bothy://app';

/** Declares the window's own scheme; Electron wants this before it is ready. */
export function registerWindowScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'bothy', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built window under its origin, with the headers of the web mode. */
export function serveWindow(rendererFolder: string): void {
  protocol.handle('bothy', async (request) => {
    const { host, pathname } = new URL(request.url);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const file = isRead && host === 'app' ? await readPageFile(rendererFolder, pathname) : undefined;
    if (file === undefined) {
      return new Response('Not found', { status: 404, headers: { ...pageSecurityHeaders, 'content-type': 'text/plain' } });
    }
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(file.body), {
      headers: { ...pageSecurityHeaders, 'content-type': file.contentType },
    });
  });
}
