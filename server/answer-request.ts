import type { IncomingMessage, ServerResponse } from 'node:http';
import { readPageFile } from '../core/page/read-page-file.ts';
import { pageSecurityHeaders } from '../core/page/security-headers.ts';
import { type Access, isLoopbackHost, isOwnOrigin } from './access.ts';
import { sendPlainPage } from './plain-page.ts';

/** Answers everything that is not a WebSocket: the way in, and the files of the window. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { access, rendererFolder }: { readonly access: Access; readonly rendererFolder: string },
): Promise<void> {
  for (const [name, value] of Object.entries(pageSecurityHeaders)) response.setHeader(name, value);
  if (!isLoopbackHost(request)) return sendPlainPage(response, 403, wrongHost);
  if (request.headers.origin !== undefined && !isOwnOrigin(request)) return sendPlainPage(response, 403, wrongOrigin);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendPlainPage(response, 405, { title: 'Not allowed', text: 'Only GET and HEAD are answered here.' });
  }
  const { path, query } = splitUrl(request.url ?? '/');
  if (path === enterPath) return enter(request, response, access, query.get('key') ?? '');
  if (!access.hasCookie(request)) return sendPlainPage(response, 401, notEntered);
  await sendFile(request, response, rendererFolder, path);
}

/** The link that lets a browser in. */
export function buildEnterUrl(port: number, key: string): string {
  return `http://127.0.0.1:${port}${enterPath}?key=${key}`;
}

const enterPath = '/enter';

/**
 * Exchanges the key for the cookie. A page that forwards, not a redirect: the way on then starts at our own page, so the
 * browser sends the strict cookie wherever the link was clicked, and it replaces the address with the key in the history.
 */
function enter(request: IncomingMessage, response: ServerResponse, access: Access, key: string): void {
  if (request.method === 'GET' && access.acceptKey(key)) {
    response.setHeader('set-cookie', access.buildCookie(request));
    sendPlainPage(response, 200, { title: 'Bothy', text: 'The window opens.', link: 'Open it now', forwardTo: '/' });
  } else {
    sendPlainPage(response, 401, notEntered);
  }
}

async function sendFile(request: IncomingMessage, response: ServerResponse, folder: string, path: string): Promise<void> {
  const file = await readPageFile(folder, path);
  if (file === undefined) {
    if (path === '/') return sendPlainPage(response, 500, notBuilt);
    return sendPlainPage(response, 404, { title: 'Not found', text: 'There is no such page here.', link: 'To the machines' });
  }
  response.writeHead(200, {
    'content-type': file.contentType,
    'content-length': file.body.length,
    'cache-control': file.isImmutable ? 'private, max-age=31536000, immutable' : 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

/** Cuts the URL by hand: a parser would resolve `..` before the path is checked. */
function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark === -1
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

const wrongHost = {
  title: 'Wrong address',
  text: 'Bothy answers only to 127.0.0.1 and localhost. To use it from another computer, forward a port with ssh -L and open http://127.0.0.1 with that port.',
};
const wrongOrigin = { title: 'Refused', text: 'This request came from a page of another site.' };
const notEntered = {
  title: 'Not let in',
  text: 'Open the address that <code>bothy serve</code> printed; it holds the key of this run. If you just did, try again.',
  link: 'Try again',
};
const notBuilt = { title: 'Not built', text: 'The window is missing. Run <code>npm run build</code> and start again.' };
