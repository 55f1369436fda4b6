import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { makeGuestTemplate } from './guest-template.ts';
import { skipWithoutGuests } from './skip-without-guests.ts';
import { createTestHome, type TestHome } from './test-home.ts';

/** What the tests of a file share: there from the first test on. */
export interface SharedTemplate {
  core: Core;
  home: TestHome;
}

/**
 * Gives all tests of a file one home with the warm template `demo`, because making that takes longest. No test may change it; machines
 * that one leaves running are forced off, and where guests cannot be made each is skipped with the reason.
 */
export function shareDemoTemplate(): SharedTemplate {
  const shared = {} as SharedTemplate;
  beforeAll(async () => {
    shared.home = createTestHome();
    shared.core = createCore({ environment: shared.home.environment });
    if (findObstacle() === undefined) await makeGuestTemplate(shared.core, 'quickDemo');
  });
  beforeEach((context) => skipWithoutGuests(context));
  afterEach(async () => {
    const { machine } = shared.core.handlers;
    for (const { id } of await machine.list({}, {})) await machine.kill({ machine: id }, {}).catch(() => undefined);
  });
  afterAll(async () => {
    await shared.core.close();
    await shared.home.dispose();
  });
  return shared;
}
