import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isRefusal } from '#errors.ts';
import { choosePlaces, placeFlags, placeLabel, seatAt, seatsOf, takePlace } from '#lib/places.ts';
import { readWords } from '#lib/words.ts';
import type { Account, Settings } from '#ports/settings.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

function account(name: string, id: string, change: Partial<Account> = {}): Account {
  const role = `arn:aws:iam::${id}:role/deckhand`;
  return { name, id, role, externalId: undefined, regions: ['us-east-1'], buckets: {}, ...change };
}
function aws(change: Partial<Settings['aws']> = {}): Settings['aws'] {
  return { ...createFakeSettings().current().aws, ...change };
}
const own = account('production', '111111111111', { role: undefined, regions: ['us-east-1', 'us-west-2'] });
const staging = account('staging', '222222222222', { regions: ['eu-west-1', 'us-east-1'] });
const both = aws({ accounts: [own, staging] });
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
const written = (list: readonly { account: string; region: string }[]) =>
  list.map(({ account: id, region }) => `${id.slice(0, 1)} ${region}`.trim());

describe('the places of the settings', () => {
  test.each<[string, Settings['aws'], string | undefined, string[]]>([
    ['nothing', aws(), undefined, ['']],
    ['AWS_REGION', aws(), 'eu-west-1', ['eu-west-1']],
    ['AWS_REGION before aws.region', aws({ region: 'us-east-1' }), 'eu-west-1', ['eu-west-1']],
    [
      'a second account beside the own',
      aws({ region: 'us-east-1', accounts: [staging] }),
      undefined,
      ['us-east-1', '2 eu-west-1', '2 us-east-1'],
    ],
    ['the own account in the list', both, undefined, ['1 us-east-1', '1 us-west-2', '2 eu-west-1', '2 us-east-1']],
    [
      'a home Region that comes second in the list',
      both,
      'us-west-2',
      ['1 us-west-2', '1 us-east-1', '2 eu-west-1', '2 us-east-1'],
    ],
    [
      'another account as home',
      { ...both, home: 'staging' },
      undefined,
      ['2 eu-west-1', '1 us-east-1', '1 us-west-2', '2 us-east-1'],
    ],
  ])('%s', (_what, settings, region, expected) => {
    expect(written(seatsOf(settings, region)).map((one) => one.trim())).toEqual(expected);
  });

  test.each([
    ['home', { account: '', region: '' }, '1 us-east-1'],
    ['another Region of home', { account: '', region: 'us-west-2' }, '1 us-west-2'],
    ['another account', { account: '222222222222', region: 'eu-west-1' }, '2 eu-west-1'],
    ['a Region that was taken out', { account: '111111111111', region: 'eu-west-1' }, undefined],
    ['an account that was taken out', { account: '333333333333', region: 'us-east-1' }, undefined],
  ])('what stands in an order leads to its seat: %s', (_what, where, expected) => {
    const seat = seatAt(seatsOf(both, undefined), where);

    expect(seat === undefined ? undefined : written([seat])[0]).toBe(expected);
  });
});

describe('what --account and --region mean', () => {
  const places = seatsOf(both, undefined);

  test.each([
    ['', ['1 us-east-1']],
    ['--region us-west-2', ['1 us-west-2']],
    ['--account staging', ['2 eu-west-1']],
    ['--account STAGING --region us-east-1', ['2 us-east-1']],
    ['--account 222222222222', ['2 eu-west-1']],
    ['--account all', ['1 us-east-1', '2 eu-west-1']],
    ['--region all', ['1 us-east-1', '1 us-west-2']],
    ['--account all --region us-east-1', ['1 us-east-1', '2 us-east-1']],
    ['--account all --region all', ['1 us-east-1', '1 us-west-2', '2 eu-west-1', '2 us-east-1']],
  ])('web-1 %s', (flags, expected) => {
    const { wanted, words } = takePlace(readWords(`web-1 ${flags} --from latest`, ['from']));

    expect(written(choosePlaces(places, wanted))).toEqual(expected);
    expect(words).toMatchObject({ plain: ['web-1'], flags: { from: 'latest' } });
  });

  test.each([
    [
      '--account nobody',
      /`nobody` is no account .*production \(us-east-1, us-west-2\); staging \(eu-west-1, us-east-1\)/,
    ],
    ['--region mars-1', /does not work in account production in the Region `mars-1`/],
    ['--account staging --region us-west-2', /does not work in account staging/],
    ['--account all --region mars-1', /does not work in any account in the Region/],
    ['--account', /`--account` needs a value/],
    ['--region', /`--region` needs a value/],
  ])('%s is refused and told what there is', (flags, message) => {
    expect(() => choosePlaces(places, takePlace(readWords(`web-1 ${flags}`)).wanted)).toThrow(message);
  });

  test('without accounts there is one place, whatever the account is', () => {
    const alone = seatsOf(aws({ region: 'us-east-1' }), undefined);

    expect(choosePlaces(alone, { region: 'us-east-1' })).toEqual(alone);
    expect(() => choosePlaces(alone, { region: 'us-west-2' })).toThrow(/There is: home \(us-east-1\)/);
  });

  test('the flags that lead to a place lead there and nowhere else, from any settings', () => {
    const region = fc.constantFrom('us-east-1', 'us-west-2', 'eu-west-1');
    const settings = fc
      .record({
        home: region,
        regions: fc.array(fc.uniqueArray(region, { minLength: 1 }), { maxLength: 4 }),
        ownFirst: fc.boolean(),
      })
      .map(({ home, regions, ownFirst }) =>
        aws({
          region: home,
          accounts: regions.map((of, at) =>
            account(`a${at}`, `${at + 1}`.repeat(12), {
              regions: of,
              ...(ownFirst && at === 0 ? { role: undefined } : {}),
            }),
          ),
        }),
      );
    fc.assert(
      fc.property(settings, (of) => {
        const all = seatsOf(of, undefined);
        for (const place of all)
          expect(choosePlaces(all, takePlace(readWords(placeFlags(place, all))).wanted)).toEqual([place]);
        expect(new Set(all.map((one) => `${one.account} ${one.region}`)).size).toBe(all.length);
      }),
    );
  });

  test('whatever is typed is a place or a refusal', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (accountWord, regionWord) => {
        const found = outcome(() => choosePlaces(places, { account: accountWord, region: regionWord }));
        expect(isRefusal(found) || (Array.isArray(found) && found.length > 0)).toBe(true);
      }),
    );
  });
});

test.each([
  [{ account: '', region: 'us-east-1' }, 'us-east-1'],
  [{ account: '111111111111', region: 'us-east-1' }, '111111111111 · us-east-1'],
  [{ account: '111111111111', region: 'us-east-1', name: 'production' }, 'production (111111111111) · us-east-1'],
  [
    { account: '111111111111', region: 'us-east-1', endpoint: 'http://127.0.0.1:1/aws' },
    '111111111111 · us-east-1 · http://127.0.0.1:1/aws',
  ],
])('a place as people read it: %j', (place, label) => {
  expect(placeLabel(place)).toBe(label);
});
