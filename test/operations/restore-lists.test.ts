import { describe, expect, it } from 'vitest';

import { done } from '#operations/restore/done-messages.ts';
import { estimate } from '#operations/restore/estimate.ts';
import { grouped } from '#operations/restore/finding.ts';
import { lists } from '#operations/restore/lists.ts';
import { planned } from '#operations/restore/messages.ts';
import type { RestorePlan } from '#operations/restore/plan.ts';
import { planServer } from '#operations/restore/server-plan.ts';
import type { RestoreResult } from '#operations/restore/story.ts';
import { findViolations } from '#slack/limits.ts';
import { renderMessage } from '#slack/render.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';

/** AWS's own rates. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const pace = (action: string) => ({ burst: action === 'CreateVolume' ? 100 : 50, perSecond: 5 });

function fleetOf(n: number): RestorePlan {
  const servers = Array.from({ length: n }, (_, at) =>
    planServer({
      instance: anInstance({ id: `i-${String(at).padStart(8, '0')}`, name: `=web-${at}` }),
      volumes: [aVolume()],
      only: [],
      disks: 'data',
      snapshots: [aSnapshot()],
      from: { kind: 'latest' },
      mixed: false,
      now: 10_000,
    }),
  );
  return {
    servers,
    left: [],
    findings: grouped(
      servers.map(({ instance }) => ({
        level: 'warning',
        kind: 'memory',
        title: 'Memory is lost',
        about: instance.name,
        text: 'Memory is lost.',
        next: 'Save what is in it.',
      })),
    ),
    putsBack: false,
    failures: 30,
    atOnce: 500,
    estimate: estimate({ servers, atOnce: 500, serverMs: 180_000, pace }),
  };
}
const resultOf = (plan: RestorePlan): RestoreResult => ({
  servers: plan.servers.slice(1).map(({ instance }) => ({
    id: instance.id,
    name: instance.name,
    swaps: [{ device: '/dev/sdf', old: 'vol-0000000b', new: 'vol-0000000c', deleteOnTermination: false }],
    heldUntil: 0,
    untagged: [],
    checks: 'ok',
  })),
  others: [{ label: 'web-0', state: 'undone', reason: 'no capacity' }],
});

describe('a restore of 500 servers', () => {
  it('keeps to the limits of Slack, before and after', () => {
    const plan = fleetOf(500);
    const words = [planned(plan, { now: 10_000 }), done(plan, resultOf(plan))];

    for (const { title, summary, sections } of words)
      expect(
        findViolations('message', renderMessage({ message: { alert: summary, title, sections }, token: 't' }).blocks),
      ).toEqual([]);
  });

  it('says the same warning once, with a count of names', () => {
    const text = JSON.stringify(planned(fleetOf(500), { now: 10_000 }));

    expect(text.match(/Memory is lost/g)).toHaveLength(1);
    expect(text).toMatch(/500/);
  });

  it('comes with the whole plan and the whole result as lists that no spreadsheet runs', () => {
    const plan = fleetOf(12);
    const [planList] = lists(plan, undefined);
    const [resultList] = lists(plan, resultOf(plan));

    expect(planList!.text.split('\r\n')).toHaveLength(12 + 2);
    expect(planList!.text).toContain("'=web-3,i-00000003,us-east-1a,prod,/dev/sdf,vol-0000000b,snap-00000001");
    expect(resultList!.text).toMatch(/web-0,,undone,,,,,,no capacity/);
    expect(lists(fleetOf(10), undefined)).toEqual([]);
  });
});

describe('how long it takes', () => {
  it('follows the scarcest bucket, then one server by itself', () => {
    expect(fleetOf(1).estimate.ms).toBe(180_000);
    expect(fleetOf(300).estimate).toEqual({ ms: 50_000 + 180_000, rule: "one server's own stop, start and checks" });
    expect(fleetOf(500).estimate.ms).toBe(90_000 + 180_000);
  });

  it('follows the quota of filling, and the servers at once', () => {
    const { servers } = fleetOf(300);
    const filling = { rate: 100, quota: 5_000 };

    // 300 x 100 GiB at 5,000 MiB/s; then one of 100 GiB at 100 MiB/s.
    expect(estimate({ servers, atOnce: 500, filling, serverMs: 0, pace })).toEqual({
      ms: 6_144_000 + 1_024_000,
      rule: '5000 MiB/s of filling in a Region',
    });
    expect(estimate({ servers, atOnce: 10, serverMs: 60_000, pace }).ms).toBe(30 * 60_000);
  });
});
