import { parseArgs } from 'node:util';

/** What is to be made. */
export interface DemoOptions {
  readonly name: string;
  readonly guest: 'small' | 'debian';
  /** As `bothy create --memory` takes it. */
  readonly memory: string;
  readonly isUefi: boolean;
  readonly isReplacing: boolean;
}

export const demoHelp = `Makes a Linux template with the guest agent, from Debian packages, to try Bothy with.

Usage: npm run demo:template [-- OPTIONS]

  --name NAME    what the template is called (demo, or debian with --debian)
  --memory SIZE  the memory of its machines, such as 1G (512M, or 1G with --debian)
  --uefi         boot the small guest by UEFI instead of BIOS
  --debian       a real Debian with systemd and an SSH server, instead of the small guest; takes root and two minutes
  --replace      make it anew when there is one of that name
`;

/** Reads the arguments; null when help is asked for. Throws a `TypeError` that names what is wrong. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      name: { type: 'string' },
      memory: { type: 'string' },
      debian: { type: 'boolean', default: false },
      uefi: { type: 'boolean', default: false },
      replace: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (values.debian && values.uefi) throw new TypeError('The Debian guest boots by BIOS only.');
  return {
    guest: values.debian ? 'debian' : 'small',
    name: values.name ?? (values.debian ? 'debian' : 'demo'),
    memory: values.memory ?? (values.debian ? '1G' : '512M'),
    isUefi: values.uefi,
    isReplacing: values.replace,
  };
}
