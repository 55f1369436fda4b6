import { describe, expect, it } from 'vitest';
import {
  type Clock,
  computeRetryDelayMs,
  createReconnector,
  type LinkListener,
} from '../../../renderer/features/console/reconnector.ts';

function buildStage() {
  const opened: { listener: LinkListener; isClosed: boolean }[] = [];
  const timers: { delayMs: number; callback: () => void; isOff: boolean }[] = [];
  const clock: Clock = {
    now: () => 1000,
    after(delayMs, callback) {
      const timer = { delayMs, callback, isOff: false };
      timers.push(timer);
      return () => {
        timer.isOff = true;
      };
    },
  };
  const reconnector = createReconnector((listener) => {
    const link = { listener, isClosed: false };
    opened.push(link);
    return {
      close: () => {
        link.isClosed = true;
        listener.onClose('closed by us');
      },
    };
  }, clock);
  return { reconnector, opened, timers, phase: () => reconnector.status.getState().phase };
}

describe('a console connection', () => {
  it('goes from connecting over waiting to connected', () => {
    const { reconnector, opened, phase } = buildStage();
    expect(phase()).toBe('idle');
    reconnector.setWanted(true);
    expect(phase()).toBe('connecting');
    opened[0]?.listener.onOpen();
    expect(phase()).toBe('waiting');
    opened[0]?.listener.onReady();
    expect(phase()).toBe('connected');
  });

  it('comes back after a loss, waiting longer each time', () => {
    const { reconnector, opened, timers } = buildStage();
    reconnector.setWanted(true);
    opened[0]?.listener.onClose('gone');
    expect(reconnector.status.getState()).toEqual({ phase: 'lost', reason: 'gone', retryAt: 1500 });
    timers[0]?.callback();
    opened[1]?.listener.onClose('gone again');
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([500, 1000]);
  });

  it('starts counting anew once there was something to show', () => {
    const { reconnector, opened, timers } = buildStage();
    reconnector.setWanted(true);
    opened[0]?.listener.onClose('gone');
    timers[0]?.callback();
    opened[1]?.listener.onOpen();
    opened[1]?.listener.onReady();
    opened[1]?.listener.onClose('gone');
    expect(timers.at(-1)?.delayMs).toBe(500);
  });

  it('is idle and closed when it is no longer wanted, and connects again when it is', () => {
    const { reconnector, opened, phase } = buildStage();
    reconnector.setWanted(true);
    opened[0]?.listener.onOpen();
    reconnector.setWanted(false);
    expect(opened[0]?.isClosed).toBe(true);
    expect(phase()).toBe('idle');
    reconnector.setWanted(true);
    expect(opened).toHaveLength(2);
    expect(phase()).toBe('connecting');
  });

  it('does not hear a connection that was replaced', () => {
    const { reconnector, opened, timers, phase } = buildStage();
    reconnector.setWanted(true);
    opened[0]?.listener.onClose('gone');
    reconnector.retryNow();
    expect(timers[0]?.isOff).toBe(true);
    opened[0]?.listener.onReady();
    opened[0]?.listener.onClose('late');
    expect(phase()).toBe('connecting');
  });

  it('waits ten seconds at most', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map(computeRetryDelayMs)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });
});
