import { Button, Loader, Tabs } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { buildHash, type MachineTab, machineTabs } from '../../state/route.ts';
import { applyFailure } from '../../state/window-store.ts';
import { useApp, useMachines, useWindow } from '../../ui/app-context.tsx';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import type { SettingsDraft } from '../settings/settings-form.ts';
import { BrokenMachine } from './broken-machine.tsx';
import { MachineHeader } from './machine-header.tsx';
import './machine-page.css';
import { useLeaveVanished } from '../throwaway/use-leave-vanished.ts';
import { MissingMachine } from './missing-machine.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { useMachineInfo } from './use-machine-info.ts';

const ConsoleTab = lazy(() => import('../console/console-tab.tsx').then((module) => ({ default: module.ConsoleTab })));
const SnapshotsTab = lazy(() => import('../snapshot/snapshots-tab.tsx').then((module) => ({ default: module.SnapshotsTab })));
const SettingsTab = lazy(() => import('../settings/settings-tab.tsx').then((module) => ({ default: module.SettingsTab })));
const ActivityTab = lazy(() => import('../activity/activity-tab.tsx').then((module) => ({ default: module.ActivityTab })));

const tabWords: Record<MachineTab, string> = {
  overview: 'Overview',
  console: 'Console',
  snapshots: 'Snapshots',
  settings: 'Settings',
  activity: 'Activity',
};

/** The page of one machine. */
export function MachinePage({ id, tab }: { id: string; tab: MachineTab }) {
  const machine = useMachines((state) => state.byId.get(id));
  const isLoaded = useMachines((state) => state.isLoaded);
  const { stores } = useApp();
  const [draft, setDraft] = useState<SettingsDraft>({});
  const failure = useWindow((state) => state.failures.get(id));
  const putAway = () => stores.window.setState((state) => applyFailure(state, id, null), true);
  const detail = useMachineInfo(id);
  const isLedBack = useLeaveVanished(id);
  if (machine === undefined) return isLoaded && !isLedBack ? <MissingMachine /> : <PageLoader />;
  const { info, error } = detail;
  return (
    <article className="machine-page" aria-label={machine.name}>
      <MachineHeader machine={machine} info={info} />
      {machine.state === 'broken' ? (
        <div className="page-scroll">
          <BrokenMachine machine={machine} detail={detail} />
        </div>
      ) : (
        <Tabs
          className="machine-tabs"
          value={tab}
          keepMounted={false}
          onChange={(next) => {
            window.location.hash = buildHash({
              page: 'machine',
              id,
              tab: machineTabs.find((known) => known === next) ?? 'overview',
            });
          }}
        >
          <Tabs.List className="machine-tab-list" aria-label={`Parts of ${machine.name}`}>
            {machineTabs.map((name) => (
              <Tabs.Tab key={name} value={name}>
                {tabWords[name]}
                {name === 'settings' && info !== null && info.pending.length > 0 ? (
                  <span className="tab-dot" title="Changes wait for the next start" />
                ) : null}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {failure === undefined ? null : (
            <div className="page-error">
              <ErrorNotice error={failure.error}>
                <Button size="compact-xs" variant="default" mt={8} onClick={putAway}>
                  Put away
                </Button>
              </ErrorNotice>
            </div>
          )}
          {error === null ? null : (
            <div className="page-error">
              <ErrorNotice error={error} />
            </div>
          )}
          {/* The overview has them among its own; a crash is told over the picture. */}
          {tab === 'console' && (machine.state === 'running' || machine.state === 'paused')
            ? info?.problems.map((problem) => (
                <div className="page-error" key={problem.message}>
                  <Notice tone="warn" title={problem.message} hint={problem.hint} />
                </div>
              ))
            : null}
          <Suspense fallback={<PageLoader />}>
            <Tabs.Panel value="overview" className="page-scroll">
              <OverviewTab machine={machine} info={info} />
            </Tabs.Panel>
            <Tabs.Panel value="console" className="page-fill">
              <ConsoleTab key={id} machine={machine} info={info} />
            </Tabs.Panel>
            <Tabs.Panel value="snapshots" className="page-scroll">
              <SnapshotsTab key={id} machine={machine} definition={info?.definition ?? null} />
            </Tabs.Panel>
            <Tabs.Panel value="settings" className="page-scroll">
              {info?.definition == null ? (
                <PageLoader />
              ) : (
                <SettingsTab info={info} definition={info.definition} draft={draft} onDraft={setDraft} onSaved={detail.refresh} />
              )}
            </Tabs.Panel>
            <Tabs.Panel value="activity" className="page-scroll">
              <ActivityTab key={id} id={id} />
            </Tabs.Panel>
          </Suspense>
        </Tabs>
      )}
    </article>
  );
}

function PageLoader() {
  return (
    <div className="page-loader" role="status" aria-label="Loading">
      <Loader size="sm" type="dots" />
    </div>
  );
}
