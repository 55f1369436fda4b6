import type { IpcMainInvokeEvent, WebFrameMain } from 'electron';
import { isOwnPage } from './guard-contents.ts';
import { windowOrigin } from './window-scheme.ts';

/** The frame that asked, if it is the window's own page and not a frame in it. Anything else is refused and logged. */
export function getOwnFrame(event: IpcMainInvokeEvent): WebFrameMain {
  const frame = event.senderFrame;
  if (frame !== null && frame.parent === null && frame.origin === windowOrigin && isOwnPage(frame.url)) return frame;
  const sender = frame === null ? 'a frame that is gone' : `${frame.url} (${frame.parent === null ? 'top' : 'inner'} frame)`;
  process.stderr.write(`bothy: refused a call from ${sender}\n`);
  throw new Error(`Bothy does not answer to ${sender}.`);
}
