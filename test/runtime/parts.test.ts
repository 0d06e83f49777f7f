import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { PartState } from '#ports/history.ts';
import { whatFits } from '#runtime/parts.ts';
import { progressOf, timeLeft } from '#runtime/progress.ts';

const parts = (n: number, weight?: number) =>
  Array.from({ length: n }, (_, at) => ({
    key: `i-${at}`,
    label: `web-${at}`,
    plan: null,
    ...(weight === undefined ? {} : { weight }),
  }));

describe('which parts begin', () => {
  it('is as many as have a place and fit the bound they share, in order', () => {
    expect(whatFits(parts(5), [], { failures: 0, atOnce: 2 })).toHaveLength(2);
    expect(whatFits(parts(5, 200), [], { failures: 0, atOnce: 500, weight: 500 })).toHaveLength(2);
    expect(whatFits(parts(5, 200), parts(2, 200), { failures: 0, atOnce: 500, weight: 500 })).toHaveLength(0);
  });

  it('is one that is heavier than the bound, alone', () => {
    expect(whatFits(parts(2, 900), [], { failures: 0, atOnce: 500, weight: 500 })).toHaveLength(1);
  });

  it('never exceeds the bounds, and always goes on while nothing runs', () => {
    const part = fc.record({ weight: fc.nat(600) }).map(({ weight }) => ({ key: 'k', label: '', plan: null, weight }));
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1 }),
        fc.array(part),
        fc.integer({ min: 1, max: 9 }),
        (waiting, running, atOnce) => {
          const fits = whatFits(waiting, running, { failures: 0, atOnce, weight: 500 });
          const sum = [...running, ...fits].reduce((total, { weight = 0 }) => total + weight, 0);
          expect(fits.length > 0 || running.length > 0).toBe(true);
          expect(fits.length === 0 || running.length + fits.length <= atOnce).toBe(true);
          expect(fits.length === 0 || running.length + fits.length === 1 || sum <= 500).toBe(true);
        },
      ),
    );
  });
});

describe('the card of many parts', () => {
  const states = (...list: PartState[]) => new Map(list.map((state, at) => [`i-${at}`, state]));
  const labels = ['Create', 'Swap', 'Keep'];

  it('counts how many have passed each stage, and what became of the rest', () => {
    const progress = progressOf(labels, {
      states: states('done', 'running', 'running', 'undone', 'waiting'),
      where: new Map([
        ['i-1', { stage: 1, undoing: false }],
        ['i-2', { stage: 0, undoing: false }],
      ]),
      leftMs: 120_000,
    });

    expect(progress.stages).toEqual([
      { label: 'Create', state: 'running', remark: '2 of 4' },
      { label: 'Swap', state: 'running', remark: '1 of 4' },
      { label: 'Keep', state: 'running', remark: '1 of 4' },
    ]);
    expect(progress.tally).toBe('1 of 5 done, 1 failed and put back, about 2 min left.');
  });

  it('shows a single one as it is, also while it is put back', () => {
    const where = (undoing: boolean) => new Map([['i-0', { stage: 1, remark: 'slow', undoing }]]);

    expect(progressOf(labels, { states: states('running'), where: where(false), leftMs: undefined })).toEqual({
      stages: [
        { label: 'Create', state: 'done' },
        { label: 'Swap', state: 'running', remark: 'slow' },
        { label: 'Keep', state: 'waiting' },
      ],
      tally: '',
      undoing: false,
    });
    expect(progressOf(labels, { states: states('running'), where: where(true), leftMs: undefined }).undoing).toBe(true);
  });

  it('tells the time that is left once a few have ended, from their pace', () => {
    expect(timeLeft({ now: 100, total: 100, ended: 4, firstEndAt: 0 })).toBeUndefined();
    expect(timeLeft({ now: 10_000, total: 101, ended: 51, firstEndAt: 0 })).toBe(10_000);
  });
});
