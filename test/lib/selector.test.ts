import { describe, expect, it } from 'vitest';

import { describeSelector, readSelector } from '#lib/selector.ts';

const read = (...words: string[]) => readSelector(words, '/fleet web-1');

describe('a selector', () => {
  it('tells ids, names and tags apart', () => {
    const found = read('i-0123456789abcdef0', 'vol-01234567', 'web-1', 'env=prod', 'Name=web 2');

    expect(found).toEqual({
      all: false,
      instances: ['i-0123456789abcdef0'],
      volumes: ['vol-01234567'],
      snapshots: [],
      names: ['web-1', 'web 2'],
      tags: { env: 'prod' },
    });
  });

  it('takes several ids joined by commas, once each', () => {
    expect(read('i-01234567,i-89abcdef,i-01234567').instances).toEqual(['i-01234567', 'i-89abcdef']);
  });

  it.each(['i-xyz', 'i-0123456789ABCDEF0', 'vol-', 'snap-123'])(
    'refuses the malformed id %s and says what an id looks like',
    (id) => {
      expect(() => read(id)).toThrow(/not a valid .* id: after `.*` come 17 \(or 8\)/);
    },
  );

  it('refuses an empty selection, and all mixed with more', () => {
    expect(() => read()).toThrow(/Name what you mean/);
    expect(() => read('all', 'web-1')).toThrow(/cannot be mixed/);
    expect(() => read('=x')).toThrow(/no tag key/);
  });

  it('describes itself as a person would type it', () => {
    expect(describeSelector(read('web-1', 'env=prod'))).toBe('web-1 env=prod');
    expect(describeSelector(read('all'))).toBe('all');
  });
});
