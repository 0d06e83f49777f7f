import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isStopOf, isWorthAnotherTry, retell, tell } from '#engine/errors.ts';
import { Ambiguous, Refusal, Transient } from '#errors.ts';

describe('an error told and retold', () => {
  it('keeps name, message and own fields of any data', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.jsonValue(), (name, message, data) => {
        const error = Object.assign(new Error(message), { name, data });
        const stored = JSON.parse(JSON.stringify(tell(error))) as ReturnType<typeof tell>;
        const back = retell(stored) as Error & { data: unknown };

        expect([back.name, back.message]).toEqual([name, message]);
        expect(JSON.stringify(back.data)).toBe(JSON.stringify(data));
        expect(tell(back)).toEqual(stored);
      }),
    );
  });

  it('leaves out what is no data: circles, functions, too much', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const error = Object.assign(new Error('no'), { circle, act: () => 1, big: 1n, huge: 'x'.repeat(60_000), small: 1 });

    expect(tell(error)).toEqual({ name: 'Error', message: 'no', fields: { small: 1 } });
  });

  it('follows causes, not for ever', () => {
    const error: Error = new Error('outer', { cause: new Ambiguous('inner') });
    const circular = new Error('again');
    circular.cause = circular;

    expect(retell(tell(error)).cause).toMatchObject({ name: 'Ambiguous', code: 'ambiguous', message: 'inner' });
    expect(JSON.stringify(tell(circular)).match(/again/g)).toHaveLength(4);
  });

  it.each([['text'], [undefined], [null], [7]])('takes whatever is thrown: %s', (thrown) => {
    expect(retell(tell(thrown))).toMatchObject({ name: 'Error', message: String(thrown) });
  });
});

describe('what is done about an error', () => {
  it.each([
    ['lost to another process', { dbosErrorCode: 5 }, true],
    ['this run cancelled', { dbosErrorCode: 24, workflowID: 'r' }, true],
    ['another run cancelled', { dbosErrorCode: 24, workflowID: 'other' }, false],
    ['another step recorded', { dbosErrorCode: 26, workflowID: 'r' }, true],
    ['something recorded differently', { dbosErrorCode: 37, workflowID: 'r' }, true],
    ['a refusal', new Refusal('conflict', 'Busy. Wait.'), false],
    ['nothing', undefined, false],
  ])('stop the body? %s', (_name, error, expected) => {
    expect(isStopOf('r', error)).toBe(expected);
  });

  it.each([
    ['a Transient', new Transient('away'), true],
    ['a Transient reloaded', retell(tell(new Transient('away'))), true],
    ['an Ambiguous', new Ambiguous('lost'), false],
    ['a fault', new Error('broken'), false],
    ['what the engine says', Object.assign(new Transient('x'), { dbosErrorCode: 5 }), false],
  ])('try again? %s', (_name, error, expected) => {
    expect(isWorthAnotherTry(error)).toBe(expected);
  });
});
