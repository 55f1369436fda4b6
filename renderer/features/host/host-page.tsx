import { Button, Loader } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconRefresh } from '@tabler/icons-react';
import { useCallback, useEffect } from 'react';
import type { Check, DoctorReport } from '../../../contract/host.ts';
import { useApp, useHost } from '../../ui/app-context.tsx';
import { CopyAction } from '../../ui/copy-action.tsx';
import { formatBytes, formatCount, formatMemory } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import './host-page.css';

const looks = {
  ok: { icon: IconCircleCheck, word: 'Good' },
  warning: { icon: IconAlertTriangle, word: 'Could be better' },
  failed: { icon: IconCircleX, word: 'Not good' },
};

/** What was found on this host, and how to mend it. */
export function HostPage() {
  const { client, stores } = useApp();
  const report = useHost((state) => state.report);
  const { run, isBusy, error } = useAction();
  const look = useCallback(
    (isFresh: boolean) =>
      run(async (signal) => {
        const found = await client.call.host.doctor({ fresh: isFresh }, { signal });
        stores.host.setState({ report: found });
        if (isFresh) stores.host.setState({ facts: await client.call.host.facts({}) });
      }),
    [client, stores, run],
  );
  useEffect(() => {
    void look(false);
  }, [look]);
  return (
    <div className="page-column host-page">
      <header className="host-head">
        <div>
          <h1>This host</h1>
          <p className="card-text">{report === null ? 'Looking at what machines need.' : describeReport(report)}</p>
        </div>
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={isBusy}
          onClick={() => void look(true)}
        >
          Check again
        </Button>
      </header>
      {error === null ? null : <ErrorNotice error={error} />}
      {report === null && isBusy ? <Loader size="sm" type="dots" /> : null}
      {report === null ? null : (
        <>
          <ul className="checks">
            {report.checks.map((check) => (
              <CheckRow key={check.id} check={check} />
            ))}
          </ul>
          <HostFigures report={report} />
        </>
      )}
    </div>
  );
}

function CheckRow({ check }: { check: Check }) {
  const { icon: StatusIcon, word } = looks[check.status];
  return (
    <li className="check" data-status={check.status} data-testid="check">
      <StatusIcon size={20} stroke={1.75} className="check-icon" aria-hidden />
      <div className="check-body">
        <div className="check-title">
          {check.title} <span className="only-for-readers">{word}</span>
        </div>
        <div className="check-message">{check.message}</div>
        {check.fix !== null && isSentence(check.fix) ? <div className="check-message">{check.fix}</div> : null}
        {check.fix === null || isSentence(check.fix) ? null : (
          <div className="check-fix">
            <code className="mono">{check.fix}</code>
            <CopyAction value={check.fix} label="Copy the fix" />
          </div>
        )}
      </div>
    </li>
  );
}

/** A fix is a command to copy, or a step in words. */
function isSentence(fix: string): boolean {
  return /^[A-Z][a-z].*[.!]$/s.test(fix);
}

function HostFigures({ report }: { report: DoctorReport }) {
  const figures: [string, string][] = [
    ['Accelerator', report.accelerator.toUpperCase()],
    ['QEMU', report.qemu === null ? 'not found' : `${report.qemu.version} (${report.qemu.machineType})`],
    ['qemu-img', report.qemuImg?.version ?? 'not found'],
    ['CPUs', String(report.cpus)],
    ['Memory', `${formatMemory(report.memory.availableMiB)} available of ${formatMemory(report.memory.totalMiB)}`],
    ['Disk', `${formatBytes(report.disk.freeBytes)} free in ${report.disk.folder}`],
  ];
  return (
    <section className="card" aria-label="Figures">
      <h2 className="card-title">In figures</h2>
      <dl className="facts">
        {figures.map(([name, value]) => (
          <div className="fact" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function describeReport({ checks }: DoctorReport): string {
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  if (failed > 0) return `${formatCount(failed, 'thing')} must be mended before machines can run well.`;
  if (warnings > 0) return `Machines run. ${formatCount(warnings, 'thing')} could be better.`;
  return 'All is well.';
}
