import { expect, test } from 'vitest';
import { hasEndedWell } from '../../../core/machine/find-crash.ts';

const startedAt = '2026-01-02T03:04:05.500Z';

/** A log of events, each a second after the other; what is before `BOTHY_START` belongs to the run before. */
function log(names: string, offsetMs = 0) {
  const events = names.split(' ');
  const begin = Date.parse(startedAt) + offsetMs - events.indexOf('BOTHY_START') * 1000;
  return events.map((event, index) => {
    const ms = begin + index * 1000;
    return { event, timestamp: { seconds: Math.floor(ms / 1000), microseconds: (ms % 1000) * 1000 } };
  });
}

test.each([
  ['BOTHY_START RESUME SHUTDOWN', true],
  ['BOTHY_START RESUME POWERDOWN SHUTDOWN STOP', true],
  ['BOTHY_START RESUME', false],
  ['SHUTDOWN BOTHY_START RESUME', false],
  ['BOTHY_START POWERDOWN SHUTDOWN STOP RESET RESUME', false],
  ['BOTHY_START POWERDOWN SHUTDOWN STOP RESET RESUME SHUTDOWN', true],
])('%s: ended well is %s', (names, expected) => {
  expect(hasEndedWell(log(names), startedAt)).toBe(expected);
});

test('a clock that is set while the machine runs changes nothing', () => {
  const events = log('BOTHY_START RESUME SHUTDOWN');
  const back = events.map((event, index) => (index === 2 ? { ...event, timestamp: { seconds: 0, microseconds: 0 } } : event));
  expect(hasEndedWell(back, startedAt)).toBe(true);
});

test('without an entry of its own a run is told by time', () => {
  expect(hasEndedWell(log('BOTHY_START RESUME SHUTDOWN', -60_000), startedAt)).toBe(false);
  expect(hasEndedWell(log('BOTHY_START RESUME SHUTDOWN', 60_000), startedAt)).toBe(true);
});
