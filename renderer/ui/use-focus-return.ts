import { useEffect, useRef } from 'react';

/** Gives the focus back to where it was when a dialog was opened; to what is chosen on the page, when that place is gone. */
export function useFocusReturn(isOpen: boolean): void {
  const before = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const { activeElement } = document;
    if (isOpen) {
      // The dialog takes the focus a moment later.
      if (activeElement instanceof HTMLElement && activeElement !== document.body) before.current = activeElement;
      return;
    }
    const place = before.current;
    before.current = null;
    if (place === null || activeElement !== document.body) return;
    const next = place.isConnected ? place : document.querySelector<HTMLElement>(chosenOnPage);
    next?.focus({ preventScroll: place.isConnected });
  }, [isOpen]);
}

const chosenOnPage =
  '#main [role="treeitem"][tabindex="0"], #main:not(:has([role="treeitem"])) [role="tab"][aria-selected="true"]';
