import { describe, expect, it } from 'vitest';

import type { Order } from '#ports/history.ts';
import type { ApprovalRule } from '#ports/roles.ts';
import { approval } from '#runtime/approval.ts';
import { createRecorder } from '#test/support/recorder.ts';

const order = { id: 'r-1', planHash: 'h', requester: 'U1', requestedAt: 1_000 } as Order;
const rule = (count: number): ApprovalRule => ({ kind: 'approve', count, role: 'approver', expiresMs: 10_000 });
const said = (verdict: string, by: string, planHash = 'h') => ({ verdict, by, at: 2_000, planHash });

describe('waiting for people', () => {
  it('goes on when enough different people approved, and tells of each before', async () => {
    const recorder = createRecorder();
    const heard: number[] = [];
    for (const by of ['U2', 'U2', 'U3']) recorder.send('decision', said('approved', by));

    const verdict = await recorder.run((durable) =>
      approval(durable, order, rule(2), (given) => heard.push(given.length)),
    );

    expect(verdict).toMatchObject({ kind: 'go', at: 2_000 });
    expect(heard).toEqual([1, 2]);
  });

  it('ends with the first no', async () => {
    const recorder = createRecorder();
    recorder.send('decision', said('denied', 'U2'));

    expect(await recorder.run((durable) => approval(durable, order, rule(1), () => undefined))).toEqual({
      kind: 'denied',
      by: 'U2',
      at: 2_000,
    });
  });

  it('does not count an answer to another plan, and expires', async () => {
    const recorder = createRecorder();
    recorder.send('decision', said('approved', 'U2', 'another'));

    expect(await recorder.run((durable) => approval(durable, order, rule(1), () => undefined))).toEqual({
      kind: 'expired',
      at: 11_000,
    });
  });

  it('keeps what it heard over a restart', async () => {
    const recorder = createRecorder();
    recorder.send('decision', said('approved', 'U2'));
    const body = (durable: Parameters<typeof approval>[0]) => approval(durable, order, rule(2), () => undefined);

    expect(await recorder.run(body, { at: 2, when: 'before' })).toBe('died');
    recorder.send('decision', said('approved', 'U3'));

    expect(await recorder.run(body)).toMatchObject({ kind: 'go', given: [{ by: 'U2' }, { by: 'U3' }] });
  });

  it('asks nobody when the rule asks nobody', async () => {
    expect(
      await createRecorder().run((durable) => approval(durable, order, { kind: 'none' }, () => undefined)),
    ).toMatchObject({ kind: 'go', at: 1_000 });
  });
});
