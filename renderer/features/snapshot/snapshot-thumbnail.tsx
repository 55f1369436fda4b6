import { IconDeviceDesktop, IconDeviceDesktopOff } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { SnapshotInfo } from '../../../contract/snapshot.ts';
import { useApp } from '../../ui/app-context.tsx';

/** The screen at the time of a snapshot, loaded when it comes into view; a plain field for a machine that was off. */
export function SnapshotThumbnail({ machine, snapshot }: { machine: string; snapshot: SnapshotInfo }) {
  const { stores, snapshotActions } = useApp();
  const place = useRef<HTMLDivElement>(null);
  const { id, hasThumbnail, state } = snapshot;
  const picture = useStore(stores.snapshots, ({ thumbnails }) => thumbnails.get(`${machine}/${id}`) ?? null);
  const isWanted = hasThumbnail && picture === null;
  useEffect(() => {
    const element = place.current;
    if (!isWanted || element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting === true) void snapshotActions.loadThumbnail(machine, id);
      },
      { rootMargin: '200px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isWanted, machine, id, snapshotActions]);
  const Placeholder = state === 'off' ? IconDeviceDesktopOff : IconDeviceDesktop;
  return (
    <div ref={place} className="snapshot-thumbnail" data-testid="snapshot-thumbnail" data-filled={picture !== null}>
      {picture === null ? (
        <Placeholder size={20} stroke={1.5} aria-hidden />
      ) : (
        <img src={`data:image/png;base64,${picture}`} alt="" draggable={false} />
      )}
    </div>
  );
}
