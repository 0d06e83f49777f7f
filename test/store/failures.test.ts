import { describe, expect, it } from 'vitest';

import { stored } from '#store/failures.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

describe('a failure of the store', () => {
  it.each([
    ['a refused connection', refused],
    ['every address refused', new AggregateError([refused], '')],
    ['a server that shuts down', Object.assign(new Error('terminating connection'), { code: '57P01' })],
    ['a full disk', Object.assign(new Error('No space left on device'), { code: '53100' })],
    ['a deadlock', Object.assign(new Error('deadlock detected'), { code: '40P01' })],
    ['a statement that took too long', Object.assign(new Error('canceling statement'), { code: '57014' })],
    ['a broken connection', new Error('Connection terminated unexpectedly')],
    ['no free connection', new Error('timeout exceeded when trying to connect')],
    ['a closed store', new Error('PGlite is closed')],
  ])('is worth another try: %s', async (_name, error) => {
    await expect(stored(() => Promise.reject(error))).rejects.toMatchObject({ name: 'Transient', cause: error });
  });

  it.each([
    ['a mistake in a statement', Object.assign(new Error('column "x" does not exist'), { code: '42703' })],
    ['a violated constraint', Object.assign(new Error('duplicate key'), { code: '23505' })],
    ['a nested checkout', Object.assign(new Error('An open transaction'), { code: 'nested-checkout' })],
    ['nothing of the store', new TypeError('x is not a function')],
  ])('is a fault: %s', async (_name, error) => {
    await expect(stored(() => Promise.reject(error))).rejects.toBe(error);
  });
});
