import { useEffect, useRef } from 'react';

/** Gives the focus back to where it was when a dialog was opened; to what is chosen on the page, when that place is gone. */
export function useFocusReturn(isOpen: boolean): void {
  /** Undefined while no dialog is open; null when it was opened from what has no focus any more, such as a menu. */
  const before = useRef<HTMLElement | null>(undefined);
  useEffect(() => {
    const { activeElement } = document;
    if (isOpen) {
      // The dialog takes the focus a moment later.
      before.current = activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null;
      return;
    }
    const place = before.current;
    before.current = undefined;
    if (place === undefined || activeElement !== document.body) return;
    const isThere = place?.isConnected === true;
    const next = isThere ? place : document.querySelector<HTMLElement>(chosenOnPage);
    next?.focus({ preventScroll: isThere });
  }, [isOpen]);
}

const chosenOnPage =
  '#main [role="treeitem"][tabindex="0"], #main:not(:has([role="treeitem"])) [role="tab"][aria-selected="true"]';
