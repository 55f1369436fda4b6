import { createStore, type StoreApi } from 'zustand/vanilla';

/** Whether what is typed goes to the machine, for as long as a console lives. */
export type CaptureStore = StoreApi<{ readonly isCaptured: boolean }>;

/** Follows the focus inside a console's element, and lets go when Ctrl and Alt are pressed together and released. */
export function followCapture(element: HTMLElement, release: () => void): CaptureStore {
  const store: CaptureStore = createStore(() => ({ isCaptured: false }));
  const chord = createLeaveChord();
  element.addEventListener('focusin', () => store.setState({ isCaptured: true }));
  element.addEventListener('focusout', () => {
    chord.forget();
    store.setState({ isCaptured: false });
  });
  // Seen before the console itself sees them; the machine gets them all the same, releases included.
  element.addEventListener('keydown', ({ key }) => chord.press(key), true);
  element.addEventListener(
    'keyup',
    ({ key }) => {
      if (chord.release(key)) queueMicrotask(release);
    },
    true,
  );
  return store;
}

/** Recognises Ctrl and Alt pressed together, without any other key, and both released. */
export function createLeaveChord(): { press(key: string): void; release(key: string): boolean; forget(): void } {
  const down = new Set<string>();
  let isPure = true;
  let wasBoth = false;
  const forget = () => {
    down.clear();
    isPure = true;
    wasBoth = false;
  };
  return {
    press(key) {
      down.add(key);
      if (key !== 'Control' && key !== 'Alt') isPure = false;
      if (down.has('Control') && down.has('Alt')) wasBoth = true;
    },
    release(key) {
      down.delete(key);
      if (down.size > 0) return false;
      const isChord = isPure && wasBoth;
      forget();
      return isChord;
    },
    forget,
  };
}
