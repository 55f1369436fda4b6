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
const TemplatePage = lazy(() =>
  import('../features/template/template-page.tsx').then((module) => ({ default: module.TemplatePage })),
);
const MatrixPage = lazy(() => import('../features/matrix/matrix-page.tsx').then((module) => ({ default: module.MatrixPage })));
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
          {route.page === 'templates' ? <TemplatePage chosen={route.template} /> : null}
          {route.page === 'matrix' ? <MatrixPage /> : null}
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

const pageTitles = { host: 'This host', images: 'Disk images', templates: 'Templates', matrix: 'Run a command' };

function useTitle(): void {
  const route = useWindow((state) => state.route);
  const name = useMachines((state) => (route.page === 'machine' ? state.byId.get(route.id)?.name : undefined));
  const title = route.page === 'home' || route.page === 'machine' ? name : pageTitles[route.page];
  useEffect(() => {
    document.title = title === undefined ? 'Bothy' : `${title} - Bothy`;
  }, [title]);
}
