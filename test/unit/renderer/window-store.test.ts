import { describe, expect, it } from 'vitest';
import { listVerbs } from '../../../renderer/state/machine-actions.ts';
import { applyBusy, applyConnection, applyFailure, createWindowStore } from '../../../renderer/state/window-store.ts';

const state = createWindowStore({ page: 'home' }).getState();
const error = { code: 'qemu-failed', message: 'QEMU did not start.' } as const;

describe('the window store', () => {
  it('knows a loss only after it was connected', () => {
    expect(applyConnection(state, 'lost', error)).toMatchObject({ wasConnected: false, lostReason: error });
    const connected = applyConnection(state, 'connected');
    expect(applyConnection(connected, 'lost')).toMatchObject({ connection: 'lost', wasConnected: true, lostReason: null });
  });

  it('keeps what is under way by machine', () => {
    const busy = applyBusy(state, 'a', 'Starting');
    expect(busy.busy.get('a')).toBe('Starting');
    expect(applyBusy(busy, 'a', null).busy.size).toBe(0);
  });

  it('keeps a failure until it is put away', () => {
    const failed = applyFailure(state, 'a', { title: 'a did not start', error });
    expect(failed.failures.get('a')?.error.code).toBe('qemu-failed');
    expect(applyFailure(failed, 'a', null).failures.size).toBe(0);
    expect(applyFailure(state, 'a', null)).toBe(state);
  });
});

describe('the verbs of a machine', () => {
  it('fit its state', () => {
    expect(listVerbs('off')).toEqual(['start']);
    expect(listVerbs('running')[0]).toBe('shutdown');
    expect(listVerbs('paused')[0]).toBe('resume');
    expect(listVerbs('broken')).toEqual([]);
  });
});
