import { describe, expect, it } from 'vitest';

import { ailmentOf, judgeVolumes, type VolumeRecord } from '#fleet/volume-verdict.ts';
import { aVolume } from '#test/support/builders.ts';

const rules = { confirm: 2, outOf: 3, recover: 2, busy: new Set<string>() };
/** The records after one look a sign: `-` impaired, `+` well. */
function after(signs: string, busy = rules.busy): ReadonlyMap<string, VolumeRecord> {
  let records: ReadonlyMap<string, VolumeRecord> = new Map();
  for (const [now, sign] of signs.split('').entries())
    records = judgeVolumes(records, sign === '-' ? [{ id: 'vol-1', ailment: 'impaired' }] : [], {
      ...rules,
      now,
      busy,
    });
  return records;
}

describe('the looks at a disk', () => {
  it.each([
    ['-', false],
    ['--', true],
    ['-+-', true],
    ['-++-', false],
    ['-+-+-+', true],
    ['--++-', false],
  ])('%s: open %s', (signs, open) => expect(after(signs).get('vol-1')?.open).toBe(open));

  it.each(['', '+', '-+++', '--++', '-+-++'])('%s leave nothing to remember', (signs) =>
    expect(after(signs).size).toBe(0),
  );

  it('tell since when it is in trouble, and say nothing while a run works on it', () => {
    expect(after('+-+-').get('vol-1')?.since).toBe(1);
    expect(after('--', new Set(['vol-1'])).size).toBe(0);
  });
});

describe('the status of a disk', () => {
  const health = { volumeId: aVolume().id, status: 'warning', ioEnabled: true, events: [], actions: [] };
  const initialization = (progress: number) => ({ initialization: { type: 'default', progress } });
  const restored = { snapshotId: 'snap-00000001', createdAt: 0 } as const;
  const hour = 3_600_000;

  it.each([
    ['that is slow is a warning', {}, {}, hour, 'warning'],
    ['that is slow while its blocks come is none', initialization(99), restored, hour, undefined],
    ['is one again when they are there', initialization(100), restored, hour, 'warning'],
    ['that is new says nothing before AWS tells how far it is', {}, restored, hour / 12, undefined],
    ['that is new and was made from nothing is judged at once', {}, {}, hour / 12, 'warning'],
    [
      'without I/O is in trouble while its blocks come',
      { status: 'impaired', ioEnabled: false, ...initialization(5) },
      restored,
      0,
      'io',
    ],
    ['that is stalled is impaired', { status: 'impaired' }, {}, 0, 'impaired'],
  ] as const)('%s', (_, change, volume, now, ailment) => {
    expect(ailmentOf({ ...health, ...change }, { createdAt: 0, ...volume }, now)).toBe(ailment);
  });
});
