import { onTestFinished } from 'vitest';
import type { Core } from '../../core/core.ts';
import { waitUntil } from './wait-until.ts';

/** The shell on the serial line of a test guest. */
export interface GuestShell {
  /** Runs a command line in the guest and gives what it printed. */
  run(command: string): Promise<string>;
  /** Waits until the guest has booted (once more). */
  waitForBoot(): Promise<void>;
}

/** Opens the shell of a machine that boots, or will boot, `getLinuxGuest()`. It lives on across restarts of the machine. */
export async function openGuestShell(core: Core, machine: string): Promise<GuestShell> {
  const stream = await core.consoles.open(machine, 'serial');
  let text = '';
  let lookedAt = 0;
  let count = 0;
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  onTestFinished(() => {
    stream.destroy();
  });
  const waitFor = async (pattern: RegExp, timeoutMs: number): Promise<string> => {
    const match = await waitUntil(`${pattern} from the guest`, () => pattern.exec(text.slice(lookedAt)), { timeoutMs });
    lookedAt += match.index + match[0].length;
    return match[1] ?? '';
  };
  return {
    async run(command) {
      count += 1;
      // The echo of what is typed has the sum, the answer its result.
      stream.write(`echo "from-$((1000 + ${count}))"; ${command}; echo "to-$((1000 + ${count}))"\n`);
      const printed = await waitFor(new RegExp(`from-${1000 + count}\\r?\\n([\\s\\S]*?)to-${1000 + count}\\r?\\n`), 60_000);
      return printed.replaceAll('\r', '').trimEnd();
    },
    async waitForBoot() {
      await waitFor(/bothy-guest-ready[\s\S]*?guest# /, 120_000);
    },
  };
}
