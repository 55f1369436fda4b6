import type { MachineState } from '../../../contract/machine.ts';
import type { Client } from '../../client/client.ts';
import type { MachineStore } from '../../state/machine-store.ts';
import { createScreenConsole, type ScreenConsole } from './screen-console.ts';
import { createSerialConsole, type SerialConsole } from './serial-console.ts';

export type ConsoleView = 'screen' | 'serial';

/** The consoles of all machines that were looked at lately; they outlive the components that show them. */
export interface ConsoleRegistry {
  getScreen(id: string): ScreenConsole;
  getSerial(id: string): SerialConsole;
  /** Which of its consoles a person last looked at. */
  readonly views: Map<string, ConsoleView>;
}

/** A connection in the background costs the machine work, so only the latest few are kept. */
const maxOfKind = 4;

const registries = new WeakMap<Client, ConsoleRegistry>();

/** The registry of a client, made at its first use. */
export function getConsoleRegistry(client: Client, machines: MachineStore): ConsoleRegistry {
  const known = registries.get(client);
  if (known !== undefined) return known;
  const registry = createConsoleRegistry(client, machines);
  registries.set(client, registry);
  return registry;
}

function createConsoleRegistry(client: Client, machines: MachineStore): ConsoleRegistry {
  const screens = new Map<string, ScreenConsole>();
  const serials = new Map<string, SerialConsole>();
  machines.subscribe(({ byId, isLoaded }) => {
    if (!isLoaded) return;
    settle(screens, (id) => byId.get(id)?.state, hasScreen);
    settle(serials, (id) => byId.get(id)?.state, hasSerial);
  });
  const get = <C extends ScreenConsole | SerialConsole>(
    consoles: Map<string, C>,
    id: string,
    create: () => C,
    isWanted: (state: MachineState) => boolean,
  ): C => {
    const found = consoles.get(id) ?? create();
    // Put last: the first of the map is the one not looked at for longest.
    consoles.delete(id);
    consoles.set(id, found);
    for (const [oldest, old] of consoles) {
      if (consoles.size <= maxOfKind) break;
      consoles.delete(oldest);
      old.close();
    }
    const state = machines.getState().byId.get(id)?.state;
    found.setWanted(state !== undefined && isWanted(state));
    return found;
  };
  return {
    getScreen: (id) => get(screens, id, () => createScreenConsole(client, id), hasScreen),
    getSerial: (id) => get(serials, id, () => createSerialConsole(client, id), hasSerial),
    views: new Map(),
  };
}

/** After a change of the machines: consoles of removed ones go, others are wanted or not by the new state. */
function settle(
  consoles: Map<string, ScreenConsole | SerialConsole>,
  findState: (id: string) => MachineState | undefined,
  isWanted: (state: MachineState) => boolean,
): void {
  for (const [id, one] of consoles) {
    const state = findState(id);
    if (state === undefined) {
      consoles.delete(id);
      one.close();
    } else one.setWanted(isWanted(state));
  }
}

function hasScreen(state: MachineState): boolean {
  return state === 'running' || state === 'paused';
}

/** What a line printed can be read while its machine is off. */
function hasSerial(state: MachineState): boolean {
  return state !== 'broken';
}
