import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { ImageState } from '../../state/image-store.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';

/** Several changes that come at once are read once. */
const settleMs = 120;
/** The images of running machines grow without anybody saying so. */
const refreshMs = 10_000;

/** All disk images, read again after each change of a machine, and now and then. */
export function useImages(): ImageState {
  const { stores, imageActions } = useApp();
  const revisions = useMachines((state) => state.revisions);
  useEffect(() => void imageActions.refresh(), [imageActions]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the revisions say when to read again
  useEffect(() => {
    const timer = setTimeout(() => void imageActions.refresh(), settleMs);
    return () => clearTimeout(timer);
  }, [imageActions, revisions]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void imageActions.refresh();
    }, refreshMs);
    return () => clearInterval(timer);
  }, [imageActions]);
  return useStore(stores.images);
}
