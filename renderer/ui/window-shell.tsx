import { lazy, Suspense, useEffect } from 'react';
import { MachineList } from '../features/machine/machine-list.tsx';
import { MachinePage } from '../features/machine/machine-page.tsx';
import { CommandPalette } from '../features/palette/command-palette.tsx';
import { parseHash } from '../state/route.ts';
import { useApp, useMachines, useWindow } from './app-context.tsx';
import { ConnectionBar } from './connection-bar.tsx';
import { Dialogs } from './dialogs.tsx';
import { DropTarget } from './drop-target.tsx';
import { Foot } from './foot.tsx';
import { HomePage } from './home-page.tsx';
import { TopBar } from './top-bar.tsx';
import './window-shell.css';

const ImagePage = lazy(() => import('../features/image/image-page.tsx').then((module) => ({ default: module.ImagePage })));
const HostPage = lazy(() => import('../features/host/host-page.tsx').then((module) => ({ default: module.HostPage })));

/** The whole window. */
export function WindowShell() {
  useRouteFromHash();
  useTitle();
  const route = useWindow((state) => state.route);
  return (
    <div className="window">
      <TopBar />
      <ConnectionBar />
      <MachineList />
      <main className="window-main" id="main" tabIndex={-1}>
        <Suspense fallback={null}>
          {route.page === 'home' ? <HomePage /> : null}
          {route.page === 'host' ? <HostPage /> : null}
          {route.page === 'images' ? <ImagePage machine={route.machine} /> : null}
          {route.page === 'machine' ? <MachinePage key={route.id} id={route.id} tab={route.tab} /> : null}
        </Suspense>
      </main>
      <Foot />
      <Dialogs />
      <CommandPalette />
      <DropTarget />
    </div>
  );
}

function useRouteFromHash(): void {
  const { stores } = useApp();
  useEffect(() => {
    const follow = () => stores.window.setState({ route: parseHash(window.location.hash) });
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, [stores]);
}

function useTitle(): void {
  const route = useWindow((state) => state.route);
  const name = useMachines((state) => (route.page === 'machine' ? state.byId.get(route.id)?.name : undefined));
  const title = route.page === 'host' ? 'This host' : route.page === 'images' ? 'Disk images' : name;
  useEffect(() => {
    document.title = title === undefined ? 'Bothy' : `${title} - Bothy`;
  }, [title]);
}
