import { Loader } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { ActivityEntry } from '../../../contract/machine.ts';
import { mergeActivity } from '../../state/activity-store.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';
import { CopyAction } from '../../ui/copy-action.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import './activity-tab.css';
import { groupByDay } from './group-by-day.ts';
import { QemuCard } from './qemu-card.tsx';

const none: readonly ActivityEntry[] = [];

/** What happened to a machine, its log, and the command line behind it. */
export function ActivityTab({ id }: { id: string }) {
  const { client, stores } = useApp();
  const { run, error } = useAction();
  const [story, setStory] = useState<{ entries: readonly ActivityEntry[]; log: string } | null>(null);
  const watched = useStore(stores.activity, (state) => state.byId.get(id) ?? none);
  const revision = useMachines((state) => state.revisions.get(id));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the machine may have grown its log
  useEffect(() => {
    void run(async (signal) => setStory(await client.call.machine.activity({ machine: id, limit: 500 }, { signal })));
  }, [client, id, run, revision]);
  const days = useMemo(() => (story === null ? [] : groupByDay(mergeActivity(story.entries, watched))), [story, watched]);

  return (
    <div className="page-column">
      {error === null ? null : <ErrorNotice error={error} />}
      <section className="card" aria-label="Events">
        <h2 className="card-title">Events</h2>
        {story === null && error === null ? <Loader size="sm" type="dots" /> : null}
        {story !== null && days.length === 0 ? <p className="card-text">Nothing has happened yet.</p> : null}
        {days.map(({ day, entries }) => (
          <div key={day}>
            <h3 className="timeline-day">{day}</h3>
            <ol className="timeline">
              {entries.map((entry) => (
                <li key={`${entry.time}${entry.event}${entry.text}`} data-testid="activity-entry">
                  <time className="numeric" dateTime={entry.time} title={new Date(entry.time).toLocaleString()}>
                    {new Date(entry.time).toLocaleTimeString(undefined, { timeStyle: 'medium' })}
                  </time>
                  <span className="timeline-text">{entry.text}</span>
                  <span className="timeline-event">{entry.event}</span>
                </li>
              ))}
            </ol>
          </div>
        ))}
      </section>
      <QemuCard id={id} />
      <section className="card" aria-label="Log of QEMU">
        <div className="card-head">
          <h2 className="card-title">Log of QEMU</h2>
          {story === null || story.log === '' ? null : <CopyAction value={story.log} label="Copy the log" />}
        </div>
        {story === null || story.log.trim() === '' ? (
          <p className="card-text">QEMU has said nothing, which is good.</p>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the arrow keys scroll what has the focus
          <pre className="code-block mono" tabIndex={0}>
            {story.log}
          </pre>
        )}
      </section>
    </div>
  );
}
