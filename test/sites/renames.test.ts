import { describe, expect, it } from 'vitest';

import type { Site } from '#ports/site-settings.ts';
import { copyPast, renamesOf, targetOf } from '#sites/renames.ts';
import { createFakeMeasures } from '#test/support/fake-measures.ts';

import { aSite } from './support.ts';

const a = aSite({ name: 'a' });
const other = aSite({ name: 'other', url: 'https://other.example.com/' });

describe('a renamed site', () => {
  it.each([
    ['checked as before', [a], [aSite({ name: 'b' })], [['a', 'b']]],
    ['of another address', [a], [other], []],
    ['that asks for something else', [a], [aSite({ name: 'b', asks: { method: 'HEAD' } })], []],
    ['that may be either of two', [a], [aSite({ name: 'b' }), aSite({ name: 'c' })], []],
    ['that may have been either of two', [a, aSite({ name: 'z' })], [aSite({ name: 'b' })], []],
  ])('%s', (_what, gone, come, expected) => {
    const named = (site: Site) => ({ name: site.name, target: targetOf(site) });
    expect([...renamesOf(gone.map(named), come.map(named))]).toEqual(expected);
  });

  it('is not guessed where nothing is known of what was checked', () => {
    const unknown = { name: 'a', target: undefined };

    expect([...renamesOf([unknown], [{ name: 'b', target: targetOf(a) }])]).toEqual([]);
    expect([...renamesOf([unknown], [{ ...unknown, name: 'b' }])]).toEqual([]);
  });

  it('takes its minutes, hours and days along, over none of its own', async () => {
    const measures = createFakeMeasures();
    const row = (site: string, at: number) => ({ site, at, data: site });
    await measures.save('h', [row('a', 0), row('a', 1), row('b', 1), row('other', 0)]);
    await measures.save('d', [row('a', 0)]);
    await measures.saveMinutes([
      { at: 2, writer: 1, data: { a: 'a', other: 'other' } },
      { at: 3, writer: 1, data: { a: 'a', b: 'b' } },
      { at: 4, writer: 2, data: { other: 'other' } },
    ]);

    await copyPast({ measures }, { from: 'a', to: 'b', now: 10 }, undefined);
    await copyPast({ measures }, { from: 'a', to: 'b', now: 10 }, undefined);

    const of = async (grain: 'h' | 'd') =>
      (await measures.list({ grain, sites: ['b'], from: 0, to: 10 })).map((one) => one.data);
    expect(await of('h')).toEqual(['a', 'b']);
    expect(await of('d')).toEqual(['a']);
    expect((await measures.minutes({ from: 0, to: 10 })).map(({ data }) => data)).toEqual([
      { a: 'a', other: 'other', b: 'a' },
      { a: 'a', b: 'b' },
      { other: 'other' },
    ]);
  });
});
