import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may talk to the server: whoever once showed its secret, from a page that the server itself gave out. */
export interface Access {
  readonly secret: string;
  /** A key for one use within a minute, for places where others may read it, such as a command line. */
  issueLaunchKey(): string;
  /** Whether the key of a link lets its bearer in; a launch key is used up by asking. */
  acceptKey(key: string): boolean;
  /** The header that remembers a browser which showed the secret. */
  buildCookie(request: IncomingMessage): string;
  hasCookie(request: IncomingMessage): boolean;
}

/** Creates the access of one run; without a secret it makes one of 256 bits. */
export function createAccess(secret: string = randomBytes(32).toString('base64url')): Access {
  // Not the secret itself: a stolen cookie then opens nothing but this port's window, and only until this run ends.
  const cookieValue = createHmac('sha256', secret).update('bothy cookie').digest('base64url');
  const launchKeys = new Map<string, number>();
  return {
    secret,
    issueLaunchKey() {
      const key = randomBytes(32).toString('base64url');
      launchKeys.set(key, Date.now() + launchKeyLifeMs);
      return key;
    },
    acceptKey(key) {
      if (isSame(key, secret)) return true;
      const validUntil = launchKeys.get(key);
      launchKeys.delete(key);
      return validUntil !== undefined && Date.now() <= validUntil;
    },
    buildCookie: (request) => `${cookieName(request)}=${cookieValue}; Path=/; HttpOnly; SameSite=Strict`,
    hasCookie: (request) => readCookies(request, cookieName(request)).some((value) => isSame(value, cookieValue)),
  };
}

/**
 * Whether a request names this computer. A page of another site whose name was made to point here (DNS rebinding) still
 * sends its own name. Any port will do, so that `ssh -L` may choose one.
 */
export function isLoopbackHost(request: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$/.test(request.headers.host ?? '');
}

/** Whether a request comes from our own page. Browsers always say where a WebSocket comes from, so there it must be said. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  return request.headers.origin === `http://${request.headers.host}`;
}

const launchKeyLifeMs = 60_000;

/** Compares without telling by the time it takes how much was right. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Browsers share the cookies of all ports of a host, so the name carries the port the browser sees. */
function cookieName(request: IncomingMessage): string {
  const port = /:([0-9]+)$/.exec(request.headers.host ?? '')?.[1] ?? '80';
  return `bothy-${port}`;
}

function readCookies(request: IncomingMessage, name: string): string[] {
  return (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}
