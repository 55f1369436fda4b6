import { app, type Session, session, shell } from 'electron';
import { windowOrigin } from './window-scheme.ts';

/** Keeps every page where it is: no navigation, no new windows, no embedded pages. Web links go to the system's browser. */
export function guardContents(): void {
  app.on('web-contents-created', (_created, contents) => {
    contents.on('will-navigate', (event) => {
      if (isOwnPage(event.url)) return;
      event.preventDefault();
      openOutside(event.url);
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      openOutside(url);
      return { action: 'deny' };
    });
  });
}

/** Denies what pages may ask of the computer, but for writing to the clipboard. */
export function denyPermissions(target: Session = session.defaultSession): void {
  const isAllowed = (permission: string, url: string) => permission === 'clipboard-sanitized-write' && isOwnPage(url);
  target.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl }) =>
    callback(isAllowed(permission, requestingUrl)),
  );
  target.setPermissionCheckHandler((_contents, permission, requestingOrigin) => isAllowed(permission, requestingOrigin));
  target.setDevicePermissionHandler(() => false);
}

/** Whether an address belongs to the window itself. */
export function isOwnPage(url: string): boolean {
  return url === windowOrigin || url.startsWith(`${windowOrigin}/`);
}

/** Only web addresses leave: others could start programs. */
function openOutside(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'https:' || protocol === 'http:') void shell.openExternal(url);
}
