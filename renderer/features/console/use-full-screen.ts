import { useEffect, useState } from 'react';

/**
 * Full screen of the console. The page goes full screen, not the console alone: menus and dialogs are elsewhere in the
 * page and would not be seen. It ends when the console is left.
 */
export function useFullScreen(): { isFull: boolean; toggleFullScreen: () => void } {
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const follow = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', follow);
    return () => {
      document.removeEventListener('fullscreenchange', follow);
      if (document.fullscreenElement !== null) void document.exitFullscreen();
    };
  }, []);
  const toggleFullScreen = () => {
    const change = document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    change.catch(() => undefined); // Where it is not allowed, the window stays as it is.
  };
  return { isFull, toggleFullScreen };
}
