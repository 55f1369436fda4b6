import { AppError, type ErrorCode } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { escapeOutput } from '../process/escape-output.ts';
import type { ProcessEnd } from '../process/spawn-detached.ts';

interface Known {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly say: (match: RegExpExecArray) => string;
  readonly hint: string;
}

/** QEMU's own words at a failed start, and what they mean to a person. The only place that reads them. */
const known: readonly Known[] = [
  {
    pattern: /Could not set up host forwarding rule '([^']+)'/,
    code: 'port-taken',
    say: (match) => `the host port of forwarding ${match[1]} is taken`,
    hint: 'Choose another host port, or stop what uses it.',
  },
  {
    pattern: /Failed to get (?:shared )?"?(?:write|shared)?"? ?lock|Failed to get "[a-z ]+" lock/,
    code: 'wrong-state',
    say: () => 'one of its disk images is in use by another process',
    hint: 'Stop the other process that uses the image.',
  },
  {
    pattern: /Cannot lock pid file/,
    code: 'wrong-state',
    say: () => 'its QEMU is already running',
    hint: 'Look at it with `bothy info`.',
  },
  {
    pattern: /load of migration failed|error while loading state|Unknown ramblock|Machine type received/,
    code: 'qemu-failed',
    say: () => 'its saved memory does not fit this QEMU, or is damaged',
    hint: 'Use the QEMU it was saved with, or throw the memory away and start from the disks: `bothy kill NAME`, then `bothy start NAME`.',
  },
  {
    pattern: /unsupported machine type|Use -machine help to list supported machines/,
    code: 'qemu-failed',
    say: () => 'this QEMU does not know the machine type it was made with',
    hint: 'It was made with a newer QEMU: install that version again.',
  },
  {
    pattern: /failed to initialize kvm: Permission denied|Could not access KVM kernel module: Permission denied/,
    code: 'accelerator-unavailable',
    say: () => 'you may not use /dev/kvm',
    hint: '`bothy doctor` names the command that allows it; or set accelerator=tcg.',
  },
  {
    pattern: /Could not access KVM kernel module|failed to initialize kvm/i,
    code: 'accelerator-unavailable',
    say: () => 'KVM cannot be used on this host',
    hint: 'Set the accelerator to auto or tcg; `bothy doctor` tells why.',
  },
  {
    pattern: /failed to set MSR|kvm_(?:put|buf_set)_[a-z_]+: Assertion/,
    code: 'accelerator-unavailable',
    say: () => 'KVM on this host does not accept the CPU it offers',
    hint: 'Set the accelerator to auto or tcg: `bothy set NAME accelerator=tcg`.',
  },
  {
    pattern: /cannot set up guest memory|Cannot allocate memory/i,
    code: 'not-enough-memory',
    say: () => 'the host has not enough free memory for it',
    hint: 'Stop other machines, or give it less memory: `bothy set NAME memory=…`.',
  },
  {
    pattern: /Image is corrupt/,
    code: 'image-invalid',
    say: () => 'a disk image is marked as corrupt',
    hint: 'Copy the image, then repair it with `qemu-img check -r all`.',
  },
  {
    pattern: /Image is not in (\S+) format|Could not open '([^']+)'/,
    code: 'image-invalid',
    say: (match) => (match[2] === undefined ? `a disk is not a ${match[1]} image` : `QEMU cannot open ${match[2]}`),
    hint: 'Look at the file; QEMU’s words are in the details.',
  },
  {
    pattern: /tpm-emulator: /,
    code: 'qemu-failed',
    say: () => 'its TPM cannot be used',
    hint: 'Its state may be damaged; swtpm’s words are in the details. Restore a snapshot, or empty the machine’s folder `tpm` for a new TPM that lacks the old one’s keys.',
  },
  {
    // Some distributions pack devices as modules of their own. Only the names of buildArguments.
    pattern: /'(virtio-[a-z-]+|virtserialport|qemu-xhci|usb-tablet|ide-cd|tpm-crb)' is not a valid device model name/,
    code: 'qemu-failed',
    say: (match) => `this QEMU lacks the device ${match[1]}`,
    hint: 'Install the whole QEMU of your distribution, not only its core package.',
  },
  {
    pattern:
      /invalid option|Parameter '[^']+' (?:is )?(?:unexpected|missing)|is not a valid device model name|Property '[^']+' not found/,
    code: 'qemu-failed',
    say: () => 'QEMU does not accept its command line',
    hint: 'Look at the extra QEMU arguments in its settings; the details name the one.',
  },
];

/** What a program does not end itself with. */
const killers: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'];

/** Turns a QEMU that ended before it answered into an error in its words and ours. */
export function explainQemuFailure(machine: MachineConfiguration, end: ProcessEnd, log: string): AppError {
  const words = escapeOutput(log.trim());
  for (const { pattern, code, say, hint } of known) {
    const match = pattern.exec(words);
    if (match !== null) return new AppError(code, `“${machine.name}” did not start: ${say(match)}.`, { hint, details: words });
  }
  // QEMU says so itself of a signal it can take, and ends with 0.
  const said = /terminating on signal [0-9]+/.exec(words)?.[0];
  if (said !== undefined || (end.signal !== null && killers.includes(end.signal))) {
    return new AppError(
      'qemu-killed',
      `“${machine.name}” did not start: its QEMU was ended from outside (${said ?? end.signal}).`,
      {
        hint: 'Try again. A host that is out of memory does that too: its kernel’s log tells.',
        details: words,
      },
    );
  }
  // What the kernel sends who writes to a page of a file for which there is no room (mmap(2)).
  if (end.signal === 'SIGBUS') {
    return new AppError('not-enough-space', `“${machine.name}” did not start: there is no room on the disk for its memory.`, {
      hint: 'Make room where Bothy keeps its machines, then try again.',
      details: words,
    });
  }
  const how = end.signal === null ? `ended with code ${end.exitCode}` : `was ended by ${end.signal}`;
  const last = words.split('\n').at(-1) ?? '';
  return new AppError('qemu-failed', `“${machine.name}” did not start: QEMU ${how}${last === '' ? '' : ` and said: ${last}`}`, {
    hint: 'See the whole command line with `bothy qemu NAME`.',
    details: words,
  });
}
