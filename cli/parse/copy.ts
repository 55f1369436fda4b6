import { AppError } from '../../contract/app-error.ts';
import { parsePath } from './path.ts';

/** One copy between the host and a guest. The host's path is absolute; one that ended with a slash still does. */
export interface CopyWish {
  readonly hostPath: string;
  readonly guestPath: string;
}

/** Parses `HOST:GUEST`. */
export function parseCopyIn(text: string, label: string): CopyWish {
  const match = /^(.+?):((?:[A-Za-z]:)?[\\/].*)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw buildError(text, label, './src:/src');
  return { hostPath: parseHostPath(match[1]), guestPath: match[2] };
}

/** Parses `GUEST:HOST`. */
export function parseCopyOut(text: string, label: string): CopyWish {
  const match = /^((?:[A-Za-z]:)?[\\/][^:]*):(.+)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw buildError(text, label, '/var/log:./logs');
  return { hostPath: parseHostPath(match[2]), guestPath: match[1] };
}

/** A path on the host, absolute; a slash at its end, which means a folder, stays. */
export function parseHostPath(text: string): string {
  const path = parsePath(text);
  return /\/$/.test(text) && path !== '/' ? `${path}/` : path;
}

function buildError(text: string, label: string, example: string): AppError {
  return new AppError('invalid-input', `${label}: “${text}” is not a copy.`, {
    hint: `Say SRC:DST with an absolute path in the guest, such as ${example}`,
  });
}
