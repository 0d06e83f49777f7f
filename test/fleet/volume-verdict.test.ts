import { describe, expect, it } from 'vitest';

import { judgeVolumes, type VolumeRecord } from '#fleet/volume-verdict.ts';

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
