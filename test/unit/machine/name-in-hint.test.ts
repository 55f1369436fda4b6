import { expect, test } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import { putNameInError, putNameInHint } from '../../../core/machine/name-in-hint.ts';

test('a hint names the machine it is about, ready to be copied', () => {
  expect(putNameInHint('Start it: `bothy start NAME`.', 'web')).toBe('Start it: `bothy start web`.');
  expect(putNameInHint('RENAME it', 'web')).toBe('RENAME it');
  expect(putNameInError(new AppError('wrong-state', 'No.', { hint: '`bothy kill NAME`' }), 'web')).toMatchObject({
    code: 'wrong-state',
    message: 'No.',
    hint: '`bothy kill web`',
  });
});
