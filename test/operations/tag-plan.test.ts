import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';
import { parseTag } from '#operations/tag/arguments.ts';
import { planFiles, undoFiles } from '#operations/tag/files.ts';
import { differences, inverseOf, planTags, type Tagged } from '#operations/tag/plan.ts';

const parse = (line: string) => parseTag(readWords(line));
const edit = (line: string) => {
  const args = parse(line);
  return args.kind === 'select' ? { names: args.selector.names, tags: args.selector.tags, ...args.edit } : undefined;
};

describe('the line of a tag change', () => {
  it.each([
    ['web-1 owner=me -old', { names: ['web-1'], tags: {}, set: { owner: 'me' }, remove: ['old'] }],
    ['env=prod owner=me', { names: [], tags: { env: 'prod' }, set: { owner: 'me' }, remove: [] }],
    [
      'env=prod role=db set owner=me',
      { names: [], tags: { env: 'prod', role: 'db' }, set: { owner: 'me' }, remove: [] },
    ],
    ['Name="web 1" note="a=b c"', { names: ['web 1'], tags: {}, set: { note: 'a=b c' }, remove: [] }],
    ['web-1 owner=<@U0REQUESTER|riley>', { names: ['web-1'], tags: {}, set: { owner: '@riley' }, remove: [] }],
    ['web-1 empty=', { names: ['web-1'], tags: {}, set: { empty: '' }, remove: [] }],
  ])('%j is understood', (line, expected) => {
    expect(edit(line)).toEqual(expected);
  });

  it.each([
    ['web-1', /Say what to change/],
    ['web-1 aws:x=1', /only AWS itself/],
    ['web-1 __proto__=1', /means something else/],
    ['web-1 deckhand:op=1', /Deckhand needs/],
    [`web-1 ${'k'.repeat(129)}=1`, /129 characters; AWS allows 128/],
    [`web-1 k=${'v'.repeat(257)}`, /257 characters; AWS allows 256/],
    ['web-1 a=1 -a', /both set and removed/],
    ['web-1 a=1 loose', /is no change/],
    ['web-1 --old', /with one dash/],
    ['a=1', /Say what to change/],
  ])('%j is refused', (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });
});

describe('the plan of a tag change', () => {
  const of: Tagged = { id: 'i-00000001', name: 'web-1', tags: { env: 'prod', old: 'x' } };

  it('holds only what really changes, with the old values', () => {
    const plan = planTags([{ of, edit: { set: { env: 'prod', owner: 'me' }, remove: ['old', 'never-there'] } }], {
      undoes: false,
      gone: [],
    });

    expect(plan.changes).toEqual([
      { id: 'i-00000001', name: 'web-1', set: { owner: 'me' }, remove: ['old'], before: { old: 'x' } },
    ]);
  });

  it('is refused when nothing changes or AWS would not take it', () => {
    const full: Tagged = { ...of, tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, ''])) };

    expect(() => planTags([{ of, edit: { set: { env: 'prod' }, remove: [] } }], { undoes: false, gone: [] })).toThrow(
      /Nothing would change/,
    );
    expect(() =>
      planTags([{ of: full, edit: { set: { more: '1' }, remove: [] } }], { undoes: false, gone: [] }),
    ).toThrow(/AWS allows 50/);
    expect(
      planTags([{ of: full, edit: { set: { more: '1' }, remove: ['k0'] } }], { undoes: false, gone: [] }).changes,
    ).toHaveLength(1);
  });

  it('notices that somebody else changed a tag meanwhile', () => {
    const plan = planTags([{ of, edit: { set: { owner: 'me' }, remove: [] } }], { undoes: false, gone: [] });

    expect(differences(plan, [of])).toEqual([]);
    expect(differences(plan, [{ ...of, tags: { owner: 'you' } }]).join()).toMatch(/changed by somebody else/);
    expect(differences(plan, [])).toEqual(['i-00000001 no longer exists.']);
  });

  it('of many comes with each change as a row, and once done with the way back as commands', () => {
    const many = Array.from({ length: 9 }, (_, nr): Tagged => ({
      id: `i-0000000${nr}`,
      name: nr === 0 ? '=cmd()' : `web-${nr}`,
      tags: { env: `it's "$(reboot)"\n; ${nr}`, old: '' },
    }));
    const change = { set: { env: 'prod', owner: 'me' }, remove: ['old'] };
    const of = { undoes: false, gone: [] };
    const plan = planTags(
      many.map((one) => ({ of: one, edit: change })),
      of,
    );
    const [csv] = planFiles(plan);
    const [shell] = undoFiles(plan);

    expect(csv?.text.match(/^i-00000003,/gm)).toHaveLength(3);
    expect(csv?.text).toContain('i-00000001,web-1,owner,,me,set');
    expect(csv?.text).not.toContain(',=cmd');
    // What the shell makes of it: as many words as are meant, the value as it was.
    const lines = shell!.text.split('\n').filter((line) => line.startsWith('aws '));
    expect(lines).toHaveLength(18);
    const printed = execFileSync('sh', ['-c', lines[1]!.replace('aws', `printf '%s\\n'`)], { encoding: 'utf8' });
    expect(printed.trimEnd().split('\n').slice(0, -1)).toEqual([
      'ec2',
      'create-tags',
      '--resources',
      'i-00000000',
      '--tags',
    ]);
    expect(JSON.parse(printed.trimEnd().split('\n').at(-1)!)).toEqual([
      { Key: 'env', Value: many[0]!.tags['env'] },
      { Key: 'old', Value: '' },
    ]);

    expect(
      planFiles(
        planTags(
          many.slice(1).map((one) => ({ of: one, edit: change })),
          of,
        ),
      ),
    ).toEqual([]);
    expect(undoFiles({ ...plan, undoes: true })).toEqual([]);
  });

  it('is undone to exactly the tags there were', () => {
    const tags = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'd', 'constructor', 'toString'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(tags, tags, fc.subarray(['a', 'b', 'c', 'd']), (before, set, remove) => {
        const edit = { set, remove: remove.filter((key) => !Object.hasOwn(set, key)) };
        const start: Tagged = { ...of, tags: before };
        const change = attempt(() => planTags([{ of: start, edit }], { undoes: false, gone: [] }))?.changes[0];
        if (change === undefined) return;
        const after = apply(before, change);
        expect(apply(after, inverseOf(change))).toEqual(before);
      }),
    );
  });

  function apply(tags: Record<string, string>, { set, remove }: { set: Record<string, string>; remove: string[] }) {
    return Object.fromEntries(Object.entries({ ...tags, ...set }).filter(([key]) => !remove.includes(key)));
  }
  function attempt<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch {
      return undefined;
    }
  }
});
