import { describe, expect, it } from 'vitest';

import { causeOf, eventAdvice, nextSteps } from '#fleet/advice.ts';
import type { Case, What } from '#fleet/cases.ts';
import { decide, rows } from '#fleet/decisions.ts';
import type { Trouble } from '#fleet/diagnosis.ts';
import { lastSnapshot, restoreTime } from '#fleet/way-back.ts';
import type { LastDrill } from '#lib/drills.ts';
import type { Line } from '#ports/text.ts';
import { aSnapshot, anInstance } from '#test/support/builders.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const now = 100 * day;
const text = (line: Line): string =>
  typeof line === 'string'
    ? line
    : 'length' in line
      ? line.map(text).join('')
      : 'code' in line
        ? line.code
        : JSON.stringify(line);
const aDrill = (change: Partial<LastDrill> = {}): LastDrill => ({
  volume: 'vol-0000000a',
  name: 'root',
  ms: 4 * minute,
  at: now - 3 * day,
  run: 'r-1',
  ...change,
});
const both = [
  aSnapshot({ id: 'snap-0000000a', volumeId: 'vol-0000000a', startedAt: now - 5 * minute * 60, sizeGiB: 8 }),
  aSnapshot({ id: 'snap-0000000b', startedAt: now - day, sizeGiB: 900, fullSizeBytes: 120 * 2 ** 30 }),
];
const wayBack = { instance: anInstance(), snapshots: both, drills: [] as LastDrill[], serverMs: 3 * minute, now };

describe('the way back on an alert', () => {
  it.each<[string, object, RegExp]>([
    ['of every disk', {}, /^5 h old, snap-0000000a; the oldest of its disks' is 24 h old$/],
    ['of some disks', { snapshots: [both[0]!] }, /; 1 disk of 2 without any$/],
    ['of none', { snapshots: [] }, /^NONE: no disk of its 2/],
    ['that cannot be read', { snapshots: undefined }, /^could not be read$/],
  ])('has the last good snapshot %s', (_, change, told) => {
    expect(text(lastSnapshot({ ...wayBack, ...change }))).toMatch(told);
  });

  it.each<[string, object, RegExp]>([
    [
      'by size and rate where there was no drill',
      {},
      // 120 GiB at 100 MiB/s: 1,229 s.
      /^about 3 min, estimated, as no drill has tried it; slow for 20 min more, until its 128 GiB are back \(at 100 MiB\/s\)$/,
    ],
    [
      'by the drills of its disks, the slowest and the oldest counting',
      { drills: [aDrill(), aDrill({ volume: 'vol-0000000b', ms: 6 * minute, at: now - day })] },
      /^about 9 min: 6 min for its disks as in the drill 3 d ago, 3 min for a stop and a start$/,
    ],
    ['by the drills of some', { drills: [aDrill()] }, /^about 7 min: .*; 1 of 2 disks never drilled$/],
    [
      'not, where a drill failed',
      { drills: [aDrill(), aDrill({ name: 'data', why: 'no file system was found', at: now - day })] },
      /^NOT SURE: the drill 24 h ago could not restore data: no file system was found$/,
    ],
    ['not, where nothing is there', { snapshots: [] }, /^no restore is possible/],
    ['not, where the drills cannot be read', { drills: undefined }, /^could not be read$/],
  ])('has the time of a restore %s', (_, change, told) => {
    expect(text(restoreTime({ ...wayBack, ...change }))).toMatch(told);
  });
});

describe('the words of every row of the table', () => {
  const troubles: Partial<Record<What, Trouble>> = {
    'stopped-itself': { kind: 'stopped', by: 'system', reason: 'Client.InstanceInitiatedShutdown' },
    'stopped-by-aws': { kind: 'stopped', by: 'aws', reason: 'Server.InternalError' },
    system: { kind: 'impaired', checks: ['system'] },
    ebs: { kind: 'impaired', checks: ['ebs'] },
    instance: { kind: 'impaired', checks: ['instance'] },
  };
  const flag = [true, false];
  const plans = {
    'event-move': ['instance-retirement'],
    'event-reboot': ['system-reboot'],
    'event-in-place': ['instance-reboot'],
    'event-other': ['system-maintenance', 'instance-unknown'],
  } as const;
  const casesOf = (whats: object) =>
    Object.keys(whats).flatMap((what) =>
      flag.flatMap((autoScaled) =>
        flag.flatMap((instanceStore) =>
          flag.flatMap((recovering) =>
            flag.flatMap((rebooted) =>
              flag.flatMap((moved) =>
                flag.map(
                  (restored) => ({ what, autoScaled, instanceStore, recovering, rebooted, moved, restored }) as Case,
                ),
              ),
            ),
          ),
        ),
      ),
    );
  const forbiddenBy = (never: string, hasSnapshot: boolean) => [
    /not stop it|cannot be stopped/i.test(never) ? /another (?:host|one)|stop and (?:a )?start/ : undefined,
    /not reboot it/i.test(never) ? /reboot it|reboot by you/i : undefined,
    /not start it/i.test(never) ? /start it/i : undefined,
    hasSnapshot ? undefined : /restore its disks/,
  ];
  const isEvent = (id: string) => id.startsWith('event-');

  it('say a cause and a first step, and never what the row forbids', () => {
    const seen = new Set<string>();
    for (const of of casesOf(troubles))
      for (const hasSnapshot of flag) {
        const decision = decide(of, { hasSnapshot });
        const trouble = troubles[of.what]!;
        const instance = { id: anInstance().id, ...(of.autoScaled ? { autoScalingGroup: 'web' } : {}) };
        const said = nextSteps(decision, { trouble, instance, flags: ' --region us-west-2', since: 0 })
          .map(text)
          .join('\n');
        seen.add(decision.row);
        expect([decision.row, said, causeOf(trouble)]).toEqual([
          decision.row,
          expect.stringMatching(/^[A-Z]/),
          expect.stringMatching(/\.$/),
        ]);
        const forbidden = forbiddenBy(decision.never.join(' '), hasSnapshot);
        expect([decision.row, forbidden.filter((words) => words?.test(said))]).toEqual([decision.row, []]);
      }
    expect(seen).toEqual(new Set(rows.map(({ id }) => id).filter((id) => !isEvent(id))));
  });

  it('say what to do about an event, and never what the row forbids', () => {
    const seen = new Set<string>();
    for (const of of casesOf(plans))
      for (const code of plans[of.what as keyof typeof plans]) {
        const decision = decide(of, { hasSnapshot: true });
        const said = eventAdvice(decision, [{ code }]);
        seen.add(decision.row);
        const wrong = forbiddenBy(decision.never.join(' '), true).filter((words) => words?.test(said));
        const offers = (cure: (typeof decision.cures)[number]) => decision.cures.includes(cure);
        expect([decision.row, said, wrong]).toEqual([decision.row, expect.stringMatching(/^[A-Z].*\.$/), []]);
        expect([decision.row, /its group replace it/.test(said)]).toEqual([decision.row, offers('replace')]);
        expect([decision.row, /stop and a start/.test(said) && !offers('event')]).toEqual([decision.row, false]);
      }
    expect(seen).toEqual(new Set(rows.map(({ id }) => id).filter(isEvent)));
  });
});
