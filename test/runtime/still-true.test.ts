import { describe, expect, it } from 'vitest';

import type { Order } from '#ports/history.ts';
import { createStillTrue } from '#runtime/still-true.ts';

type Needs = Parameters<typeof createStillTrue>[0];
type Of = Parameters<ReturnType<typeof createStillTrue>>[0];

/** What the last look says to an order that the button of an alert, or Deckhand itself, has asked for. */
async function lookAgain(of: {
  requester?: string;
  operation?: string;
  state?: 'open' | 'resolved';
  sites?: readonly string[];
  whyNotMend?: (site: string) => string | undefined;
  whyNotAct?: string;
}) {
  const { requester = 'U1', state = 'open', sites } = of;
  const world = {
    clock: { now: () => 1_000 },
    settings: { current: () => ({ limits: { executeWithinMs: 60_000 } }) },
    history: {
      decisions: { list: async () => [] },
      watch: { load: async () => new Map() },
      incidents: { get: async () => ({ id: 'inc-1', key: 'k', state, report: { ...(sites && { sites }) } }) },
    },
  };
  const look = createStillTrue({
    world,
    who: async () => ({ person: { id: 'U1', name: 'ann' }, roles: new Set(['operator']) }),
    asking: async () => ({ whyNotMend: async (site: string) => of.whyNotMend?.(site) }),
    whyNotAct: async () => of.whyNotAct,
  } as unknown as Needs);
  const order = {
    id: 'r-1',
    operation: of.operation ?? 'restart',
    requester,
    requestedAt: 900,
    incident: 'inc-1',
    plan: {},
  };
  const operation = { role: 'operator', check: async () => [] };
  return look({ order: order as unknown as Order, operation, rule: { kind: 'none' }, given: [] } as unknown as Of);
}

describe('the last look at what an alert has asked for', () => {
  it.each<[string, Parameters<typeof lookAgain>[0], string]>([
    ['lets go on what is still down', { sites: ['shop'] }, ''],
    [
      'stops for a site that answers, whoever asked',
      { sites: ['shop'], whyNotMend: () => 'shop answers again.' },
      'shop answers again. Nothing was done.',
    ],
    [
      'goes on while one of several sites is down',
      { sites: ['shop', 'blog'], whyNotMend: (site) => (site === 'shop' ? 'shop answers again.' : undefined) },
      '',
    ],
    [
      'stops once the incident of a site is over',
      { sites: ['shop'], state: 'resolved' },
      'The incident is over. Nothing was done.',
    ],
    [
      'stops what a person asked for once the incident of a server is over',
      { state: 'resolved' },
      'The incident is over. If it is needed all the same, ask for it with `/deck restart`. Nothing was done.',
    ],
    [
      'and while it is still open for a server that is fine',
      { whyNotAct: 'It is fine.' },
      'It is fine. Nothing was done.',
    ],
    ['leaves a person what harms nothing', { operation: 'snapshot', state: 'resolved', whyNotAct: 'It is fine.' }, ''],
    [
      'stops what was begun by itself for a server that is fine',
      { requester: 'deckhand', whyNotAct: 'It is fine.' },
      'It is fine. Nothing was done.',
    ],
    [
      'and once its incident is over',
      { requester: 'deckhand', state: 'resolved' },
      'The incident is over. Nothing was done.',
    ],
  ])('%s', async (_what, of, expected) => {
    expect(await lookAgain(of)).toBe(expected);
  });
});
