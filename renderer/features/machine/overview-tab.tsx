import { Skeleton } from '@mantine/core';
import type { MachineInfo, MachineSummary } from '../../../contract/machine.ts';
import { buildHash } from '../../state/route.ts';
import { CopyAction } from '../../ui/copy-action.tsx';
import { formatBytes, formatMemory } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { PendingNotice } from '../../ui/pending-notice.tsx';
import { Fact } from './fact.tsx';
import { MemoryCard } from './memory-card.tsx';
import { NetworkCard } from './network-card.tsx';
import { RelationFacts } from './relation-facts.tsx';

const firmwareWords = { bios: 'BIOS', uefi: 'UEFI', 'uefi-secure': 'UEFI with Secure Boot' };

/** What a machine is and how it is doing. */
export function OverviewTab({ machine, info }: { machine: MachineSummary; info: MachineInfo | null }) {
  if (info === null)
    return (
      <div className="page-column">
        <Skeleton height={160} />
        <Skeleton height={120} />
      </div>
    );
  return (
    <div className="page-column">
      {info.problems.map((problem) => (
        <Notice
          key={problem.message}
          tone={machine.state === 'crashed' ? 'bad' : 'warn'}
          title={problem.message}
          hint={problem.hint}
        />
      ))}
      {info.notice === null ? null : <Notice tone="info" title={info.notice} />}
      <PendingNotice title="Some settings count from the next start." pending={info.pending} />
      <div className="card-grid">
        <MachineCard info={info} />
        <NetworkCard info={info} />
        {machine.state === 'running' || machine.state === 'paused' ? <MemoryCard id={machine.id} /> : null}
      </div>
      <DisksCard info={info} />
    </div>
  );
}

function MachineCard({ info }: { info: MachineInfo }) {
  const { definition } = info;
  return (
    <section className="card" aria-label="Machine">
      <h2 className="card-title">Machine</h2>
      <dl className="facts">
        <Fact name="Memory">{info.memoryMiB === null ? 'unknown' : formatMemory(info.memoryMiB)}</Fact>
        <Fact name="CPUs">{info.cpus ?? 'unknown'}</Fact>
        <Fact name="Firmware">{info.firmware === null ? 'unknown' : firmwareWords[info.firmware]}</Fact>
        {definition?.tpm == null ? null : <Fact name="TPM">2.0</Fact>}
        <Fact name="Accelerator">
          {info.accelerator === null
            ? { auto: 'automatic, decided at start', kvm: 'KVM', tcg: 'TCG (in software)' }[definition?.accelerator ?? 'auto']
            : `${info.accelerator.toUpperCase()}${info.accelerator === 'tcg' ? ' (in software)' : ''}`}
        </Fact>
        {definition === null ? null : <Fact name="Machine type">{definition.machineType}</Fact>}
        <Fact name="CD drive">
          {definition?.cdrom == null ? (
            'empty'
          ) : (
            <span title={definition.cdrom} className="truncate">
              {definition.cdrom.split('/').pop()}
            </span>
          )}
        </Fact>
        {definition?.kernel == null ? null : <Fact name="Kernel">{definition.kernel.kernel.split('/').pop()}</Fact>}
        <RelationFacts machine={info} />
        {info.pid === null ? null : <Fact name="Process">{info.pid}</Fact>}
        <Fact name="Created">{info.createdAt === null ? 'unknown' : new Date(info.createdAt).toLocaleString()}</Fact>
        <Fact name="Folder">
          <span className="fact-path">
            <code className="mono truncate" title={info.folder}>
              {info.folder}
            </code>
            <CopyAction value={info.folder} label="Copy the path" />
          </span>
        </Fact>
      </dl>
    </section>
  );
}

function DisksCard({ info }: { info: MachineInfo }) {
  return (
    <section className="card" aria-label="Disks">
      <div className="card-head">
        <h2 className="card-title">Disks</h2>
        {info.disks.length === 0 ? null : <a href={buildHash({ page: 'images', machine: info.id })}>All its images</a>}
      </div>
      {info.disks.length === 0 ? (
        <p className="card-text">
          This machine has no disk.{' '}
          <a href={buildHash({ page: 'machine', id: info.id, tab: 'settings' })}>Its boot order and CD are in the settings.</a>
        </p>
      ) : (
        <table className="plain-table">
          <thead>
            <tr>
              <th>Device</th>
              <th>File</th>
              <th>Format</th>
              <th>Used on this host</th>
            </tr>
          </thead>
          <tbody>
            {info.disks.map((disk) => (
              <tr key={disk.device + disk.file}>
                <td>{disk.device}</td>
                <td className="truncate" title={disk.file}>
                  {disk.file.split('/').pop()}
                  {disk.problem === null ? null : <div className="disk-problem">{disk.problem}</div>}
                </td>
                <td>{disk.format}</td>
                <td className="numeric">
                  <DiskUse used={disk.actualSize} size={disk.virtualSize} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function DiskUse({ used, size }: { used: number | null; size: number | null }) {
  if (size === null) return <>unknown</>;
  const share = used === null ? 0 : Math.min(1, used / size);
  return (
    <span className="disk-use">
      <span className="disk-bar" aria-hidden>
        <span style={{ width: `${share * 100}%` }} />
      </span>
      {used === null ? formatBytes(size) : `${formatBytes(used)} of ${formatBytes(size)}`}
    </span>
  );
}
