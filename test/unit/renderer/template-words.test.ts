import { describe, expect, it } from 'vitest';
import { buildReadyWhen, findReadyProblem, parseReadyWhen } from '../../../renderer/features/template/ready-when.ts';
import { describeReadyWhen, describeReason } from '../../../renderer/features/template/template-words.ts';
import { describeFork } from '../../../renderer/state/throwaway-actions.ts';

describe('when a boot is ready', () => {
  it.each([null, 'agent', 'ssh', 'serial:login: ', 'serial:a:b'])('%o comes back as it was', (readyWhen) => {
    expect(buildReadyWhen(parseReadyWhen(readyWhen))).toBe(readyWhen);
  });

  it('needs a text for the serial line, and a time to give up', () => {
    expect(findReadyProblem(parseReadyWhen('serial:'))).toMatch('serial line');
    expect(findReadyProblem({ kind: 'agent', text: '', minutes: '' })).toMatch('minute');
    expect(findReadyProblem({ kind: 'agent', text: '', minutes: 0 })).toMatch('minute');
    expect(findReadyProblem({ kind: 'person', text: '', minutes: '' })).toBeNull();
    expect(findReadyProblem(parseReadyWhen('ssh'))).toBeNull();
  });

  it('is told in words', () => {
    expect(describeReadyWhen('agent')).toBe('its guest agent answers');
    expect(describeReadyWhen('serial:login:')).toBe('“login:” is on its serial line');
  });
});

describe('why a template is cold', () => {
  it('is a sentence', () => {
    expect(describeReason('it was frozen with QEMU 7.2, and this is QEMU 10.0')).toBe(
      'It was frozen with QEMU 7.2, and this is QEMU 10.0.',
    );
    expect(describeReason('Its boot took too long.')).toBe('Its boot took too long.');
  });
});

describe('what a fork cost', () => {
  it('is told in what a person can feel', () => {
    expect(describeFork('web', 34.4)).toBe('web stood still for 34 ms.');
    expect(describeFork('web', 0.2)).toBe('web stood still for 1 ms.');
    expect(describeFork('web', 1234)).toBe('web stood still for 1.2 s.');
    expect(describeFork('web', null)).toBe('web stood still already, and still does.');
  });
});
