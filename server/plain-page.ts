import type { ServerResponse } from 'node:http';

/** Answers with a page of words only, for a person who came the wrong way. */
export function sendPlainPage(
  response: ServerResponse,
  status: number,
  page: { readonly title: string; readonly text: string; readonly link?: string; readonly forwardTo?: string },
): void {
  const forward = page.forwardTo === undefined ? '' : `<meta http-equiv="refresh" content="0; url=${page.forwardTo}">`;
  const link = page.link === undefined ? '' : `<p><a href="/">${page.link}</a></p>`;
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>${page.title}</title>${forward}</head>
<body><h1>${page.title}</h1><p>${page.text}</p>${link}</body></html>\n`;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
