import { describe, expect, it } from 'vitest';
import { machineStates } from '../../../contract/machine.ts';
import { createLeaveChord } from '../../../renderer/features/console/capture.ts';
import { describeOverlay } from '../../../renderer/features/console/describe-overlay.ts';

describe('the words over a screen', () => {
  it('are there for every state but a running one with a picture', () => {
    for (const state of machineStates) {
      const overlay = describeOverlay(state, { phase: 'connected' });
      if (state === 'running') expect(overlay).toBeNull();
      else expect(overlay?.title).not.toBe('');
    }
  });

  it('offer the way out', () => {
    expect(describeOverlay('off', { phase: 'idle' })?.verb).toBe('start');
    expect(describeOverlay('paused', { phase: 'connected' })?.verb).toBe('resume');
    expect(describeOverlay('running', { phase: 'lost', reason: '', retryAt: 5 })).toMatchObject({ verb: 'retry', retryAt: 5 });
  });

  it('tell the problem of a crashed machine', () => {
    const problems = [{ message: 'The CPU hangs.', hint: 'Use TCG.' }];
    expect(describeOverlay('crashed', { phase: 'idle' }, { problems })).toMatchObject({
      title: 'The CPU hangs.',
      hint: 'Use TCG.',
    });
  });

  it('say that the screen is awaited', () => {
    expect(describeOverlay('running', { phase: 'waiting' })?.title).toMatch(/Waiting for the screen/);
  });
});

describe('the chord that lets go of the keyboard', () => {
  const play = (...events: string[]) => {
    const chord = createLeaveChord();
    return events
      .map((event) => (event.startsWith('+') ? chord.press(event.slice(1)) : chord.release(event.slice(1))))
      .some(Boolean);
  };

  it('is Ctrl and Alt, pressed together and both released', () => {
    expect(play('+Control', '+Alt', '-Alt', '-Control')).toBe(true);
    expect(play('+Alt', '+Control', '-Alt', '-Control')).toBe(true);
  });

  it('is not Ctrl alone, nor one after the other, nor a part of a longer chord', () => {
    expect(play('+Control', '-Control')).toBe(false);
    expect(play('+Control', '-Control', '+Alt', '-Alt')).toBe(false);
    expect(play('+Control', '+Alt', '+Delete', '-Delete', '-Alt', '-Control')).toBe(false);
  });
});
