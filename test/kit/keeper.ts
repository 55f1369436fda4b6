import type { CreateInput } from '../../contract/machine.ts';
import type { Core } from '../../core/core.ts';
import { getLinuxGuest } from '../guests/index.ts';
import { writeExt4Disk } from './ext4-disk.ts';
import { writeKeeperGuest } from './keeper-guest.ts';
import { type WaitOptions, waitUntil } from './wait-until.ts';

/** What a guest finds of the texts it was told to keep; null where there is none. */
export interface Kept {
  readonly memory: string | null;
  readonly disks: readonly (string | null)[];
  /** As a variable of UEFI firmware; undefined with BIOS. */
  readonly nvram?: string | null;
}

export interface KeeperOptions {
  /** `linux` takes seconds to boot; `tiny` takes half of one, needs BIOS, and is a boot sector (docs/testing.md). */
  readonly guest: 'linux' | 'tiny';
  readonly disks: 1 | 2;
  readonly firmware?: 'bios' | 'uefi';
  /** With `blank` the disks of a Linux guest have no file system, for `count_up`. */
  readonly content?: 'ext4' | 'blank';
  readonly memoryMiB?: number;
  readonly network?: 'user';
  readonly extraArguments?: readonly string[];
}

/** Virtual sizes of the disks, in bytes. */
export const keeperDiskBytes = { linux: 32 * 1024 * 1024, tiny: 4 * 1024 * 1024 };

/** A machine, off, whose guest keeps texts in its memory and on every disk. `scratch` takes files that are needed meanwhile. */
export async function vmDefined(core: Core, scratch: string, name: string, options: KeeperOptions): Promise<Keeper> {
  const { guest, firmware = 'bios' } = options;
  const { id } = await core.handlers.machine.create(
    {
      name,
      source: await findSource(options),
      memoryMiB: options.memoryMiB ?? (guest === 'linux' ? 256 : 32),
      cpus: 1,
      diskSize: keeperDiskBytes[guest],
      extraDisks: options.disks === 2 ? [keeperDiskBytes[guest]] : [],
      firmware,
      accelerator: 'tcg',
      network: options.network ?? 'none',
      extraArguments: [...(options.extraArguments ?? [])],
    },
    {},
  );
  const disks = await core.handlers.machine.disks({ machine: id }, {});
  if (guest === 'tiny') writeKeeperGuest(disks[0]?.file ?? '', scratch);
  else if (options.content !== 'blank') for (const { file } of disks) writeExt4Disk(file, keeperDiskBytes.linux, scratch);
  return new Keeper(core, id, guest);
}

/** The same, running and ready to be talked to. */
export async function vmBooted(core: Core, scratch: string, name: string, options: KeeperOptions): Promise<Keeper> {
  const keeper = await vmDefined(core, scratch, name, options);
  await keeper.boot();
  return keeper;
}

async function findSource({ guest, firmware }: KeeperOptions): Promise<CreateInput['source']> {
  if (guest === 'tiny') return { type: 'empty' };
  const { kernel, packedKernel, initrd, append } = await getLinuxGuest();
  return { type: 'kernel', kernel: firmware === 'uefi' ? packedKernel : kernel, initrd, append };
}

/** A machine whose guest keeps texts, and the way to talk to that guest: its serial line. */
export class Keeper {
  readonly machine: string;
  readonly #core: Core;
  readonly #guest: KeeperOptions['guest'];

  constructor(core: Core, machine: string, guest: KeeperOptions['guest']) {
    this.#core = core;
    this.machine = machine;
    this.#guest = guest;
  }

  /** Starts the machine, which is off, and waits until the guest takes commands. */
  async boot(): Promise<void> {
    await this.#core.handlers.machine.start({ machine: this.machine }, {});
    const sign = this.#guest === 'linux' ? 'guest# ' : 'ready';
    await this.#core.handlers.machine.wait({ machine: this.machine, for: `serial:${sign}`, timeoutSeconds: 180 }, {});
  }

  /** Has a text, of letters, digits and dashes, put into memory and onto every disk. */
  async put(text: string): Promise<void> {
    await this.talk(this.#guest === 'linux' ? `put ${text}` : `p${text}`, new RegExp(`^put ${text}\r`, 'm'));
  }

  /** What the guest has in its memory and finds on its disks now. */
  async get(): Promise<Kept> {
    const nonce = buildNonce();
    const question = this.#guest === 'linux' ? `get ${nonce}` : `g${nonce}`;
    const [, words = ''] = await this.talk(question, new RegExp(`^got ${nonce} ([^\r]*)\r`, 'm'));
    const [memory = null, ...disks] = words
      .split(' ')
      .filter((word) => !word.startsWith('nvram='))
      .map(readWord);
    const nvram = words
      .split(' ')
      .find((word) => word.startsWith('nvram='))
      ?.slice('nvram='.length);
    return { memory, disks, ...(nvram === undefined ? {} : { nvram: readWord(nvram) }) };
  }

  /** Runs a command in the shell of a Linux guest and gives what it printed. */
  async run(command: string, options?: WaitOptions): Promise<string> {
    const nonce = buildNonce();
    const pattern = new RegExp(`^begin ${nonce}\r\n([\\s\\S]*?)^end ${nonce}\r`, 'm');
    const [, output = ''] = await this.talk(`echo begin ${nonce}; ${command}; echo end ${nonce}`, pattern, options);
    return output.replaceAll('\r', '').trim();
  }

  /** Types a line that has no answer. */
  async say(line: string): Promise<void> {
    const stream = await this.#core.consoles.open(this.machine, 'serial');
    await new Promise<void>((resolve) => stream.write(`${line}\n`, () => resolve()));
    // The last bytes are on their way to the guest; a full close would take them back.
    stream.end();
  }

  /** Types a line and waits for an answer. */
  async talk(line: string, answer: RegExp, options: WaitOptions = { timeoutMs: 60_000 }): Promise<RegExpExecArray> {
    const stream = await this.#core.consoles.open(this.machine, 'serial');
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    try {
      stream.write(`${line}\n`);
      return await waitUntil(`the guest to answer “${line}”`, () => answer.exec(text), options);
    } catch (error) {
      throw new Error(`${String(error)}\nThe serial line ends with:\n${text.slice(-1000)}`);
    } finally {
      stream.destroy();
    }
  }
}

let nonces = 0;

/** Tells the answer to one question from every other, also from those before a restore. */
function buildNonce(): string {
  nonces += 1;
  return `${nonces}-${Date.now() % 100_000}`;
}

function readWord(word: string): string | null {
  return word === '-' || word === '' ? null : word;
}
