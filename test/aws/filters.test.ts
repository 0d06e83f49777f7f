import fc from 'fast-check';
import { expect, test } from 'vitest';

import { chunks, filtersFor, literal } from '#aws/filters.ts';

test('nothing wanted in particular is one request without filter', () => {
  expect(filtersFor({ 'instance-id': undefined })).toEqual([[]]);
});

test('an empty list is no request at all', () => {
  expect(filtersFor({ 'instance-id': [] })).toEqual([]);
  expect(filtersFor({ 'instance-id': ['i-1'], 'tag:Name': [] }, { env: 'prod' })).toEqual([]);
});

test('lists and tags become filters, all in one request', () => {
  expect(filtersFor({ 'volume-id': ['vol-1', 'vol-1', 'vol-2'] }, { env: 'prod', '': 'x' })).toEqual([
    [
      { Name: 'tag:env', Values: ['prod'] },
      { Name: 'tag:', Values: ['x'] },
      { Name: 'volume-id', Values: ['vol-1', 'vol-2'] },
    ],
  ]);
});

test.each([
  ['web-1', 'web-1'],
  ['web*', 'web\\*'],
  ['what?', 'what\\?'],
  ['a\\b', 'a\\\\b'],
])('the value %j is asked for as %j', (value, asked) => {
  expect(literal(value)).toBe(asked);
});

test('a request never has more than 200 values, and all requests together cover everything exactly once', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5_000 }), { maxLength: 450 });
  fc.assert(
    fc.property(ids, ids, fc.nat({ max: 50 }), (left, right, tagCount) => {
      const tags = Object.fromEntries(Array.from({ length: tagCount }, (_, at) => [`key-${at}`, 'value']));
      const requests = filtersFor({ a: left.map(String), b: right.map(String) }, tags);
      const pairs = new Set<string>();
      let pairCount = 0;
      for (const filters of requests) {
        expect(filters.reduce((sum, filter) => sum + filter.Values.length, 0)).toBeLessThanOrEqual(200);
        const [a, b] = ['a', 'b'].map((name) => filters.find((filter) => filter.Name === name)?.Values ?? []);
        for (const one of a!) for (const other of b!) pairs.add(`${one}/${other}`);
        pairCount += a!.length * b!.length;
      }
      expect(pairs.size).toBe(left.length * right.length);
      expect(pairCount).toBe(pairs.size);
    }),
    { numRuns: 30 },
  );
});

test('chunks keep the order and drop nothing', () => {
  expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunks([], 2)).toEqual([]);
});
