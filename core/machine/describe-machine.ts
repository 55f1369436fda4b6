import { join } from 'node:path';
import type { MachineInfo } from '../../contract/machine.ts';
import { findAgent } from '../agent/agent-client.ts';
import { describeDisks } from '../image/describe-disks.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { listPending } from './change-settings.ts';
import { putNameInHint } from './name-in-hint.ts';
import type { ObservedMachine } from './observe-machine.ts';
import { summarise } from './summarise.ts';

/** Everything about one machine, asking its guest agent where there is one. */
export async function describeMachine(machine: ObservedMachine): Promise<MachineInfo> {
  const { stored, run, process, problems } = machine;
  const { definition } = stored;
  const isRunning = process !== undefined;
  const runtimeFolder = run?.runtimeFolder;
  const guest =
    isRunning && runtimeFolder !== undefined && machine.state === 'running' ? await askGuest(runtimeFolder) : undefined;
  const startedAt = isRunning ? (run?.startedAt ?? null) : null;
  return {
    ...summarise(machine),
    firmware: definition?.firmware ?? null,
    pid: process?.pid ?? null,
    startedAt,
    uptimeSeconds: startedAt === null ? null : Math.max(0, Math.round((Date.now() - Date.parse(startedAt)) / 1000)),
    disks: definition === null ? [] : describeDisks(definition, stored.folder),
    networks:
      definition === null
        ? []
        : [{ mode: definition.network.mode, mac: definition.network.mac, bootFile: definition.network.bootFile }],
    ports: (isRunning ? run?.configuration : definition)?.network.ports ?? [],
    addresses: guest?.addresses ?? [],
    display: isRunning && runtimeFolder !== undefined ? { type: 'vnc', path: join(runtimeFolder, runtimeFile.vnc) } : null,
    serial: {
      path: isRunning && runtimeFolder !== undefined ? join(runtimeFolder, runtimeFile.serial) : null,
      log: join(stored.folder, machineFile.serialLog),
    },
    agent: guest === undefined ? null : guest.agent,
    folder: stored.folder,
    problems: problems.map((problem) =>
      problem.hint === undefined ? problem : { ...problem, hint: putNameInHint(problem.hint, stored.name) },
    ),
    notice: isRunning ? (run?.notice ?? null) : null,
    pending: isRunning && run !== undefined && definition !== null ? listPending(run.configuration, definition) : [],
    definition,
  };
}

interface AgentInterface {
  readonly name: string;
  readonly 'ip-addresses'?: readonly { readonly 'ip-address': string }[];
}

async function askGuest(runtimeFolder: string): Promise<{ agent: 'connected' | 'not-answering'; addresses: string[] }> {
  const agent = await findAgent(runtimeFolder, 500);
  if (agent === undefined) return { agent: 'not-answering', addresses: [] };
  try {
    const interfaces = await agent.execute<AgentInterface[]>('guest-network-get-interfaces', undefined, 1000);
    const addresses = interfaces
      .filter(({ name }) => name !== 'lo')
      .flatMap((card) => (card['ip-addresses'] ?? []).map((entry) => entry['ip-address']));
    return { agent: 'connected', addresses };
  } catch {
    return { agent: 'connected', addresses: [] };
  } finally {
    agent.close();
  }
}
