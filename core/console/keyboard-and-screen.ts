import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { requireState } from '../machine/change-machine.ts';
import { getMachine } from '../machine/find-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { findChordFor, parseChord } from './key-codes.ts';

/** How long a typed key is held; guests poll their keyboard slower than QEMU can press. */
const holdMs = 12;
/** Keys sent over one monitor connection before other faces get a turn. */
const keysPerTurn = 40;

/** Presses chords one after the other. Not a change of the machine, so no lock is taken. */
export async function pressKeys(
  site: Site,
  reference: string,
  chords: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await press(site, reference, chords.map(parseChord), signal);
}

/** Types a text as on a US keyboard. */
export async function typeText(site: Site, reference: string, text: string, signal: AbortSignal | undefined): Promise<void> {
  await press(site, reference, [...text.replaceAll('\r\n', '\n')].map(findChordFor), signal);
}

/** The screen as PNG. */
export async function takeScreenshot(site: Site, reference: string): Promise<Buffer> {
  const runtimeFolder = await getRuntimeFolder(site, reference, ['running', 'paused', 'crashed'], 'photographed');
  const file = join(runtimeFolder, `screen-${process.pid}-${Math.random().toString(36).slice(2)}.png`);
  try {
    await withMonitor(runtimeFolder, (monitor) => monitor.execute('screendump', { filename: file, format: 'png' }));
    return readFileSync(file);
  } finally {
    rmSync(file, { force: true });
  }
}

async function press(site: Site, reference: string, chords: readonly string[][], signal: AbortSignal | undefined): Promise<void> {
  const runtimeFolder = await getRuntimeFolder(site, reference, ['running'], 'typed to');
  for (let start = 0; start < chords.length; start += keysPerTurn) {
    await withMonitor(runtimeFolder, async (monitor) => {
      for (const chord of chords.slice(start, start + keysPerTurn)) {
        if (signal?.aborted === true) throw new AppError('cancelled', 'Typing was cancelled.');
        await monitor.execute('send-key', { keys: chord.map((data) => ({ type: 'qcode', data })), 'hold-time': holdMs });
        // QEMU waits that long after each press and each release, and drops keys once 1024 steps wait (ui/input.c).
        await delay(holdMs * 2 * chord.length);
      }
    });
  }
}

async function getRuntimeFolder(
  site: Site,
  reference: string,
  states: Parameters<typeof requireState>[1],
  wish: string,
): Promise<string> {
  const stored = getMachine(site.store, reference);
  const machine = await observeMachine(site.store, site.locks, stored);
  requireState(machine, machine.process === undefined ? [] : states, wish);
  return machine.run?.runtimeFolder ?? site.store.runtimeFolderOf(stored.id);
}
