import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Backup, dueForDeletion, judgeRetention, type RetentionRules, sourceVolume } from '#lib/retention.ts';
import { setTag, sourceTag } from '#lib/tags.ts';
import type { SnapshotId, VolumeId } from '#ports/ids.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-25T12:00:00Z');
const utc = { timezone: 'UTC' };

function backup(n: number, change: Partial<Backup> = {}): Backup {
  return {
    id: `snap-${String(n).padStart(8, '0')}`,
    volumeId: 'vol-0000000a',
    state: 'completed',
    startedAt: now - n * day,
    tier: 'standard',
    tags: {},
    ...change,
  };
}
const nights = (count: number) => Array.from({ length: count }, (_, at) => backup(at + 1));
const deleted = (backups: readonly Backup[], rules: Omit<RetentionRules, 'timezone'>) =>
  judgeRetention(backups, { rules: { ...utc, ...rules }, now }).delete.flatMap(({ ids }) =>
    ids.map((id) => Number(id.slice(5))),
  );

describe('retention', () => {
  it('keeps what is younger, and the newest so many, and deletes the rest', () => {
    expect(deleted(nights(10), { olderMs: 5 * day })).toEqual([5, 6, 7, 8, 9, 10]);
    expect(deleted(nights(10), { keep: 7 })).toEqual([8, 9, 10]);
    expect(deleted(nights(10), { keep: 2, olderMs: 5 * day })).toEqual([5, 6, 7, 8, 9, 10]);
    expect(deleted(nights(3), {})).toEqual([2, 3]);
  });

  it('keeps the last of each day, week, month and year that has one', () => {
    // 2026-11-25 is a Wednesday.
    const kept = judgeRetention(nights(400), {
      rules: { ...utc, gfs: { days: 3, weeks: 2, months: 2, years: 2 } },
      now,
    });

    const by = Object.groupBy(kept.keep, ({ why }) => why);
    const dates = (list: readonly { id: string }[] = []) =>
      list.map(({ id }) => new Date(now - Number(id.slice(5)) * day).toISOString().slice(0, 10));
    expect(dates(by.newest)).toEqual(['2026-11-24']);
    expect(dates(by.daily)).toEqual(['2026-11-23', '2026-11-22']);
    expect(dates(by.weekly)).toEqual([]);
    expect(dates(by.monthly)).toEqual(['2026-10-31']);
    expect(dates(by.yearly)).toEqual(['2025-12-31']);
    expect(kept.keep).toHaveLength(5);
  });

  it('reckons days in the time zone that is told', () => {
    const late = [
      backup(1, { startedAt: Date.parse('2026-11-24T23:30:00Z') }),
      backup(2, { startedAt: Date.parse('2026-11-24T22:30:00Z') }),
      backup(3, { startedAt: Date.parse('2026-11-24T12:00:00Z') }),
    ];
    const inZone = (timezone: string) =>
      judgeRetention(late, { rules: { timezone, gfs: { days: 2 } }, now }).delete.flatMap(({ ids }) => ids);
    expect(inZone('UTC')).toEqual([late[1]!.id, late[2]!.id]);
    expect(inZone('Europe/Berlin')).toEqual([late[2]!.id]);
  });

  it('never counts what is unfinished or failed, and never lets it stand for a backup', () => {
    const list = [backup(1, { state: 'pending' }), backup(2, { state: 'error' }), backup(3), backup(4)];
    const { keep, delete: units } = judgeRetention(list, { rules: { ...utc, keep: 1 }, now });
    expect(keep.map(({ why }) => why)).toEqual(['pending', 'failed', 'newest']);
    expect(units.flatMap(({ ids }) => ids)).toEqual([list[3]!.id]);
  });

  it('keeps the newest that can be restored at once beside a newer one in the archive', () => {
    const list = [backup(1, { tier: 'archive' }), backup(2), backup(3)];
    const { keep, newest } = judgeRetention(list, { rules: utc, now });
    expect(keep.map(({ id }) => id)).toEqual([list[0]!.id, list[1]!.id]);
    expect(newest.get('vol-0000000a')).toBe(list[1]!.id);
  });

  it('follows a restored volume to its first one, and keeps copies that do not say whose they are', () => {
    const restored = backup(1, { volumeId: 'vol-0000000b', tags: { [sourceTag]: 'vol-0000000a' } });
    const copy = backup(2, { volumeId: 'vol-ffffffff' });
    const { keep, delete: units } = judgeRetention([restored, copy, backup(3)], { rules: utc, now });
    expect(units.flatMap(({ ids }) => ids)).toEqual([backup(3).id]);
    expect(keep).toContainEqual({ id: copy.id, why: 'unknown-source', detail: '' });
  });

  it('keeps a set whole when one of it must stay', () => {
    const set = { tags: { [setTag]: 'r-1.i-1.1' } };
    const list = [
      backup(1),
      backup(2, set),
      backup(3, { ...set, volumeId: 'vol-0000000b' }),
      backup(4, { volumeId: 'vol-0000000b' }),
    ];
    const { delete: units, keep } = judgeRetention(list, { rules: utc, now });
    expect(units.flatMap(({ ids }) => ids)).toEqual([list[3]!.id]);
    expect(keep).toContainEqual({ id: list[1]!.id, why: 'set', detail: list[2]!.id });
  });

  it('takes snapshots of one server with one start time for a set', () => {
    const list = [backup(1), backup(2), backup(2, { id: 'snap-0000000b', volumeId: 'vol-0000000b' })];
    const of = { rules: utc, now, serverOf: () => 'i-1' };
    expect(judgeRetention(list, of).delete).toEqual([]);
    expect(judgeRetention(list, { ...of, serverOf: () => undefined }).delete.map(({ ids }) => ids)).toEqual([
      [list[1]!.id],
    ]);
  });

  it('tells what will be due at a later time', () => {
    const of = { rules: { ...utc, olderMs: 5 * day } };
    expect([...dueForDeletion(nights(5), { ...of, at: now })]).toEqual([backup(5).id]);
    expect([...dueForDeletion(nights(5), { ...of, at: now + day })]).toEqual([backup(4).id, backup(5).id]);
  });

  it('judges 20,000 snapshots in a moment', () => {
    const many = Array.from({ length: 20_000 }, (_, at) =>
      backup(at % 400, {
        id: `snap-${String(at).padStart(8, '0')}`,
        volumeId: `vol-${String(at % 50).padStart(8, '0')}`,
      }),
    );
    const started = performance.now();
    judgeRetention(many, { rules: { ...utc, gfs: { days: 7, weeks: 4, months: 12 } }, now });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

/** Fleets with a few volumes, some of them restored from each other, with sets, archives, copies, failures and holds. */
const fleets = fc
  .array(
    fc.record({
      volume: fc.integer({ min: 0, max: 4 }),
      source: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined, freq: 5 }),
      hours: fc.integer({ min: 0, max: 24 * 500 }),
      state: fc.constantFrom('completed', 'completed', 'completed', 'pending', 'error', 'recoverable'),
      tier: fc.constantFrom('standard', 'standard', 'archive'),
      set: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined, freq: 3 }),
      copy: fc.boolean(),
      held: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength: 60 },
  )
  .map((list) => {
    const backups = list.map((one, at) =>
      backup(at, {
        volumeId: one.copy && one.held === 1 ? 'vol-ffffffff' : volume(one.volume),
        startedAt: now - one.hours * 3_600_000,
        state: one.state,
        tier: one.tier,
        tags: {
          ...(one.source === undefined ? {} : { [sourceTag]: volume(one.source) }),
          ...(one.set === undefined ? {} : { [setTag]: `set-${one.set}` }),
        },
      }),
    );
    const held = new Map<SnapshotId, string>(
      backups.flatMap(({ id }, at) => (list[at]!.held === 0 ? [[id, 'an image uses it'] as const] : [])),
    );
    return { backups, held };
  });
const volume = (n: number): VolumeId => `vol-0000000${n}`;
const most = fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined });
const anyRules = fc
  .record({ olderDays: most, keep: most, days: most, weeks: most, months: most, years: most })
  .map(({ olderDays, keep, ...gfs }): RetentionRules => ({
    timezone: 'America/New_York',
    gfs: Object.fromEntries(Object.entries(gfs).filter(([, value]) => value !== undefined)),
    ...(olderDays === undefined ? {} : { olderMs: olderDays * day }),
    ...(keep === undefined ? {} : { keep }),
  }));

describe('for random fleets and rules', () => {
  it('the last restorable point of a volume is never deleted', () => {
    fc.assert(
      fc.property(fleets, anyRules, ({ backups, held }, rules) => {
        const gone = new Set(judgeRetention(backups, { rules, now, held }).delete.flatMap(({ ids }) => ids));
        for (const restorable of [(one: Backup) => one.state === 'completed', isReady]) {
          const before = new Set(backups.filter(restorable).map(sourceVolume));
          const after = new Set(backups.filter((one) => restorable(one) && !gone.has(one.id)).map(sourceVolume));
          expect(after).toEqual(before);
        }
      }),
    );
  });

  it('each snapshot is either kept with one reason or deleted; sets stay whole; nothing held, unfinished or failed goes', () => {
    fc.assert(
      fc.property(fleets, anyRules, ({ backups, held }, rules) => {
        const { keep, delete: units } = judgeRetention(backups, { rules, now, held });
        const gone = new Set(units.flatMap(({ ids }) => ids));
        expect([...keep.map(({ id }) => id), ...gone].toSorted()).toEqual(backups.map(({ id }) => id).toSorted());
        for (const one of backups.filter(({ id }) => gone.has(id))) {
          expect(one.state).toBe('completed');
          expect(held.has(one.id)).toBe(false);
          const set = backups.filter(({ id, tags }) => id === one.id || (tags[setTag] ?? one.id) === one.tags[setTag]);
          expect(set.every(({ id }) => gone.has(id))).toBe(true);
        }
      }),
    );
  });

  it('a further rule never deletes more, and the newest of each volume is named as its keeper', () => {
    fc.assert(
      fc.property(fleets, anyRules, ({ backups, held }, rules) => {
        const withAll = judgeRetention(backups, { rules, now, held });
        const { gfs: _gfs, ...without } = rules;
        const withFewer = new Set(
          judgeRetention(backups, { rules: without, now, held }).delete.flatMap(({ ids }) => ids),
        );
        for (const { ids, sources } of withAll.delete) {
          for (const id of ids) expect(withFewer.has(id)).toBe(true);
          for (const source of sources) expect(ids).not.toContain(withAll.newest.get(source));
        }
      }),
    );
  });
});

function isReady(one: Backup): boolean {
  return one.state === 'completed' && one.tier === 'standard';
}
