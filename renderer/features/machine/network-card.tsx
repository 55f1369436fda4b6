import type { MachineInfo, NetworkMode } from '../../../contract/machine.ts';
import { CopyAction } from '../../ui/copy-action.tsx';
import { Fact } from './fact.tsx';

const modeWords: Record<NetworkMode, string> = {
  user: 'user (behind this host)',
  none: 'none',
  unplugged: 'unplugged (a card without a cable)',
};

/** How to reach a machine: its addresses and the ports of this host that lead to it. */
export function NetworkCard({ info }: { info: MachineInfo }) {
  const [network] = info.networks;
  const sshPort = info.ports.find(({ guest, protocol }) => guest === 22 && protocol === 'tcp')?.host;
  const sshCommand = sshPort === undefined ? null : `ssh -p ${sshPort} USER@localhost`;
  return (
    <section className="card" aria-label="Network">
      <h2 className="card-title">Network</h2>
      <dl className="facts">
        <Fact name="Mode">{network === undefined ? 'none' : modeWords[network.mode]}</Fact>
        {network === undefined ? null : (
          <Fact name="MAC">
            <code className="mono">{network.mac}</code>
          </Fact>
        )}
        {network?.bootFile == null ? null : <Fact name="Boot file">{network.bootFile}</Fact>}
        <Fact name="Addresses">
          {info.addresses.length > 0 ? info.addresses.join(', ') : info.state === 'running' ? 'not known yet' : 'when it runs'}
        </Fact>
        <Fact name="Ports">
          {info.ports.length === 0 ? (
            'none forwarded'
          ) : (
            <ul className="port-list">
              {info.ports.map(({ host, guest, protocol }) => (
                <li key={`${host}/${protocol}`} className="mono">
                  localhost:{host} → {guest}
                  {protocol === 'udp' ? '/udp' : ''}
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name="Guest agent">
          {info.agent === 'connected' ? 'answers' : info.agent === null ? 'when it runs' : 'does not answer'}
        </Fact>
        <Fact name="SSH">
          {sshCommand === null ? (
            'forward a port to 22 in the settings'
          ) : (
            <span className="fact-path">
              <code className="mono truncate">{sshCommand}</code>
              <CopyAction value={sshCommand} label="Copy the command" />
            </span>
          )}
        </Fact>
      </dl>
    </section>
  );
}
