import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { escapeOutput } from '../process/escape-output.ts';
import { runTool } from '../process/run-tool.ts';
import { type Environment, findProgram } from './find-program.ts';
import { probeCode, probeDigest } from './probe-image.ts';

/** How a run of the probe guest ended. */
export interface ProbeResult {
  /** `passed`, or what kept the accelerator from it. `refused`: QEMU ended by itself, without the guest's doing. */
  readonly outcome: 'passed' | 'internal-error' | 'hung' | 'wrong-result' | 'refused';
  /** The last letter the guest wrote (assets/probe/probe.s); null when there was none. */
  readonly stage: string | null;
  readonly durationMs: number;
  /** The first thing QEMU said, made printable. */
  readonly said: string;
}

export interface ProbeOptions {
  readonly qemu: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly cpu: string;
  readonly environment: Environment;
  /** Where the guest's image is kept for QEMU to read. */
  readonly folder: string;
  readonly deadlineMs?: number | undefined;
}

/**
 * A CPU that executes everything needs some 50 ms, software emulation of all of it 20 s. Between the two there is room
 * for a host that is busy with other things.
 */
const usualDeadlineMs = 5000;

/** QEMU's exit code when the guest writes 0x2a to isa-debug-exit: (0x2a << 1) | 1. */
const passedExitCode = 85;

/** Runs the probe guest. Throws only for trouble of our own, such as a folder that cannot be written. */
export async function runProbe(options: ProbeOptions): Promise<ProbeResult> {
  const rom = writeProbeRom(options.folder);
  const startedAt = performance.now();
  let stages = '';
  let errors = '';
  const finish = (outcome: ProbeResult['outcome']): ProbeResult => ({
    outcome,
    stage: /[A-H](?=[^A-H]*$)/.exec(stages)?.[0] ?? null,
    durationMs: Math.round(performance.now() - startedAt),
    said: escapeOutput(errors.split('\n').find((line) => line !== '' && !line.includes('warning:')) ?? '', 300),
  });
  try {
    const result = await runTool(buildProbeCommand(options, rom), {
      environment: { ...options.environment, LC_ALL: 'C' },
      timeoutMs: options.deadlineMs ?? usualDeadlineMs,
      maxOutputBytes: 4096,
      onOutput: (stream, text) => {
        if (stream === 'stdout') stages = (stages + text).slice(0, 100);
        else errors = (errors + text).slice(0, 4000);
        // QEMU stays alive after this, with its CPU stopped.
        return errors.includes('KVM internal error') ? 'stop' : undefined;
      },
    });
    if (result.isStopped) return finish('internal-error');
    if (result.exitCode === passedExitCode) return finish('passed');
    // A signal is QEMU's own abort, or somebody killed it; neither says anything about the CPU.
    const isRefusal = result.signal !== null || (result.exitCode === 1 && stages === '');
    return finish(isRefusal ? 'refused' : 'wrong-result');
  } catch (error) {
    if (error instanceof AppError && error.code === 'timed-out') return finish('hung');
    throw error;
  }
}

/** The guest as QEMU's `-bios` wants it: 64 KiB, with the jump that the CPU executes first at its reset vector. */
export function buildProbeRom(): Buffer {
  const rom = Buffer.alloc(romBytes);
  rom.set(Buffer.from(probeCode, 'base64'));
  rom[resetVector] = 0xe9; // jmp rel16
  rom.writeUInt16LE((-resetVector - 3) & 0xffff, resetVector + 1);
  return rom;
}

const romBytes = 0x10000;
const resetVector = 0xfff0;

/** Several processes may write it at once: all write the same, and each renames its own copy into place. */
function writeProbeRom(folder: string): string {
  const path = join(folder, `probe-${probeDigest}.bin`);
  const rom = buildProbeRom();
  if (isSame(path, rom)) return path;
  const temporary = `${path}.${process.pid}.tmp`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(temporary, rom, { mode: 0o600 });
  renameSync(temporary, path);
  return path;
}

function isSame(path: string, content: Buffer): boolean {
  try {
    return readFileSync(path).equals(content);
  } catch {
    return false;
  }
}

function buildProbeCommand(options: ProbeOptions, rom: string): [string, ...string[]] {
  // Should Bothy be killed meanwhile, nobody is left to end a guest that hangs; coreutils' timeout does.
  const timeout = findProgram('timeout', options.environment);
  const guard =
    timeout === undefined ? [] : [timeout, '-s', 'KILL', String(((options.deadlineMs ?? usualDeadlineMs) * 2) / 1000)];
  const [program, ...rest] = [...guard, options.qemu];
  return [
    program ?? options.qemu,
    ...rest,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', 'q35', '-accel', options.accelerator, '-cpu', options.cpu, '-m', '16', '-bios', rom],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    ...['-chardev', 'stdio,id=stages,signal=off', '-device', 'isa-debugcon,iobase=0xe9,chardev=stages'],
  ];
}
