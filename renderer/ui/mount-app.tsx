import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Client } from '../client/client.ts';
import { watchCore } from '../state/watch-core.ts';
import { AppProvider } from './app-context.tsx';
import './base.css';
import { createApp } from './create-app.ts';
import { theme } from './theme.ts';
import { WindowShell } from './window-shell.tsx';

/** Shows the window in an element and keeps it in step with the core. */
export function mountApp(element: HTMLElement, client: Client): void {
  const app = createApp(client);
  watchCore(client, app.stores, app.templateActions.refresh);
  createRoot(element).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Notifications position="bottom-right" limit={4} />
        <AppProvider app={app}>
          <WindowShell />
        </AppProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
