import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import type { Client } from '../../client/client.ts';
import { type CaptureStore, followCapture } from './capture.ts';
import { createReconnector, type Reconnector } from './reconnector.ts';
import { buildTerminalTheme } from './terminal-theme.ts';

/** A machine's serial line as a terminal: it lives on while its tab is not shown. */
export interface SerialConsole extends Reconnector {
  readonly element: HTMLElement;
  readonly capture: CaptureStore;
  /** Fits the terminal to where its element is now; to be called when that is shown or changes its size. */
  fit(): void;
  setScheme(scheme: 'light' | 'dark'): void;
  focus(): void;
  release(): void;
  copySelection(): Promise<boolean>;
  paste(text: string): void;
}

/** Creates the serial line of a machine; it connects when it is wanted. */
export function createSerialConsole(client: Client, machineId: string): SerialConsole {
  const element = document.createElement('div');
  element.className = 'console-serial';
  const terminal = new Terminal({
    cursorBlink: true,
    convertEol: false,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mantine-font-family-monospace'),
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: 10_000,
    screenReaderMode: false,
  });
  const fitter = new FitAddon();
  terminal.loadAddon(fitter);
  let isOpened = false;
  let send: ((text: string) => void) | undefined;
  let isReplaying = false;
  const encoder = new TextEncoder();

  const reconnector = createReconnector((listener) => {
    const socket = client.openConsole(machineId, 'serial');
    let isFirst = true;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      // The line's recent past comes again with each connection.
      terminal.reset();
      listener.onOpen();
      listener.onReady();
    };
    socket.onmessage = ({ data }) => {
      isReplaying = isFirst;
      isFirst = false;
      terminal.write(new Uint8Array(data), () => {
        isReplaying = false;
      });
    };
    socket.onclose = ({ reason }) => listener.onClose(reason);
    const own = (text: string) => {
      if (socket.readyState === 1) socket.send(encoder.encode(text));
    };
    send = own;
    return {
      close() {
        if (send === own) send = undefined;
        socket.close();
      },
    };
  });

  const capture = followCapture(element, () => release());
  // A terminal answers by itself what programs ask it (where the cursor is). Questions of the past were answered then, and
  // of all consoles that are open only the one being typed into may answer, or the machine would read it several times.
  terminal.onData((text) => {
    if (!isReplaying && capture.getState().isCaptured) send?.(text);
  });
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true;
    if (event.code === 'KeyC') {
      event.preventDefault();
      void copySelection();
      return false;
    }
    // The browser pastes by itself when the terminal leaves the key alone.
    return event.code !== 'KeyV';
  });
  const copySelection = async () => {
    const text = terminal.getSelection();
    if (text === '') return false;
    await navigator.clipboard.writeText(text).catch(() => undefined);
    return true;
  };
  const release = () => {
    terminal.blur();
    element.closest<HTMLElement>('[data-console-frame]')?.focus();
  };

  return {
    ...reconnector,
    element,
    capture,
    fit() {
      if (!element.isConnected || element.clientWidth === 0) return;
      if (!isOpened) terminal.open(element);
      isOpened = true;
      fitter.fit();
    },
    setScheme(scheme) {
      terminal.options.theme = buildTerminalTheme(scheme);
    },
    focus: () => terminal.focus(),
    release,
    copySelection,
    paste(text) {
      terminal.focus();
      terminal.paste(text);
    },
    close() {
      reconnector.close();
      terminal.dispose();
      element.remove();
    },
  };
}
