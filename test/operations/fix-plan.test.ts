import { describe, expect, it } from 'vitest';

import { choose } from '#operations/fix/plan.ts';
import { aSite } from '#test/sites/support.ts';

describe('a site without a remedy of its own', () => {
  const asked = (instance: string | undefined) => () => choose([aSite({ instance })], { site: 'shop', remedy: '' });

  it('is told the line that restarts its server, where that is known', () => {
    expect(asked('web-1')).toThrow('For its server: `/deck restart web-1`.');
  });

  it('else what to write into deckhand.yml', () => {
    expect(asked(undefined)).toThrow('Name its server (`instance`), or add one under `remedies`');
  });
});
