import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isRefusal } from '#errors.ts';
import { chosenBy, coverageOf, percent } from '#lib/tag-coverage.ts';
import { isAllowed, passedOn, tagFault } from '#lib/tag-rules.ts';
import { readWords } from '#lib/words.ts';
import { parseTag } from '#operations/tag/arguments.ts';
import { inverseOf, planTags } from '#operations/tag/plan.ts';
import { missingEdits, propagation, ruleEdits, wrongEdits } from '#operations/tag/rule.ts';
import { faultsFile, report } from '#operations/tags/messages.ts';
import type { Tags } from '#ports/cloud.ts';
import type { TagRule } from '#ports/settings.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

const any = { values: undefined, pattern: undefined };
const rule: TagRule = {
  name: 'billing',
  selector: 'all',
  keys: {
    owner: any,
    env: { values: ['prod', 'staging'], pattern: undefined },
    'cost-center': { values: undefined, pattern: '^cc-\\d+$' },
  },
  propagate: ['volumes', 'snapshots'],
};
const place = { account: '123456789012', region: 'us-east-1' };
const good = { owner: 'shop', env: 'prod', 'cost-center': 'cc-7' };

describe('a required tag', () => {
  it.each([
    ['owner', {}, 'missing'],
    ['owner', { owner: '' }, 'missing'],
    ['owner', { owner: '  ' }, 'missing'],
    ['owner', { Owner: 'shop' }, 'missing'],
    ['owner', { owner: 'x' }, undefined],
    ['env', { env: 'prod' }, undefined],
    ['env', { env: 'Prod' }, 'not allowed'],
    ['cost-center', { 'cost-center': 'cc-12' }, undefined],
    ['cost-center', { 'cost-center': 'cc-12x' }, 'not allowed'],
  ] as const)('%s of %j is %s', (key, tags, what) => {
    expect(tagFault(tags, key, rule.keys[key]!)).toBe(what);
  });

  it('named like something every object has is still missing', () => {
    expect(tagFault({}, 'constructor', any)).toBe('missing');
  });

  it('with a pattern that would hold up other engines is judged at once', () => {
    expect(isAllowed(`${'a'.repeat(255)}!`, { values: undefined, pattern: '^(a+)+$' })).toBe(false);
  });
});

describe('coverage', () => {
  const stock = {
    place,
    instances: [
      anInstance({ id: 'i-00000001', tags: good }),
      anInstance({ id: 'i-00000002', tags: { owner: 'search', env: 'dev' } }),
    ],
    volumes: [
      aVolume({ id: 'vol-00000001', sizeGiB: 30, tags: good }),
      aVolume({ id: 'vol-00000002', sizeGiB: 70, tags: {} }),
    ],
  };
  const found = coverageOf(rule, [stock]);

  it('counts by thing, by GiB, by tag and by owner', () => {
    expect(found.things).toEqual({ good: 2, all: 4 });
    expect(found.sizeGiB).toEqual({ good: 30, all: 100 });
    expect(found.keys).toEqual([
      { key: 'owner', good: 3, all: 4 },
      { key: 'env', good: 2, all: 4 },
      { key: 'cost-center', good: 2, all: 4 },
    ]);
    expect(found.owners).toEqual([
      ['shop', 3],
      ['search', 2],
    ]);
  });

  it.each([
    ['all', ['i-00000001', 'i-00000002'], ['vol-00000001', 'vol-00000002', 'vol-00000003']],
    ['env=dev', ['i-00000002'], []],
    ['env=prod', ['i-00000001'], ['vol-00000001', 'vol-00000002', 'vol-00000003']],
    ['vol-00000003', [], ['vol-00000003']],
    ['vol-00000001', ['i-00000001'], ['vol-00000001', 'vol-00000002']],
    ['constructor=x', [], []],
  ])('of %s is about the same things as the report', (selector, instances, volumes) => {
    const loose = aVolume({ id: 'vol-00000003', attachments: [], tags: { env: 'prod' } });
    const chosen = chosenBy({ selector }, { ...stock, volumes: [...stock.volumes, loose] });
    expect(chosen.instances.map(({ id }) => id)).toEqual(instances);
    expect(chosen.volumes.map(({ id }) => id)).toEqual(volumes);
  });

  it('is 100 % only when it is whole', () => {
    expect([percent({ good: 999, all: 1000 }), percent({ good: 0, all: 0 }), percent({ good: 1, all: 1 })]).toEqual([
      99, 100, 100,
    ]);
  });

  it('is told with what to type, and as a file with a row for each fault', () => {
    const of = { unread: [], places: 1, now: 0, tag: '/tag', csv: false };
    expect(report([found], of).alert).toBe('Tags: 1 of 1 tag rule not kept everywhere');
    expect(JSON.stringify(report([found], of))).toContain('/tag --rule billing --propagate');
    expect(JSON.stringify(report([found], { ...of, csv: true }))).toContain('a file in your direct messages');
    expect(faultsFile([found]).text.trim().split('\r\n')).toHaveLength(1 + 5);
  });
});

describe('what is passed on', () => {
  const of = { unread: [], places: 1, now: 0, tag: '/tag', csv: false };
  const said = (server: Tags, disk: Tags, propagate: TagRule['propagate'] = ['volumes']) => {
    const stock = { place, instances: [anInstance({ tags: server })], volumes: [aVolume({ tags: disk })] };
    return JSON.stringify(report([coverageOf({ ...rule, propagate }, [stock])], of));
  };

  it('is offered where a disk lacks what its server has, and nowhere else', () => {
    expect(said({ env: 'prod' }, {})).toContain('--propagate');
    expect(said({}, {})).toContain('no server has what its disks lack either');
    expect(said({}, {})).not.toContain('--propagate');
    expect(said({ env: 'nonsense' }, {})).not.toContain('--propagate');
    expect(said({ env: 'prod' }, { env: 'prod' }, ['snapshots'])).toContain('--propagate');
  });
});

describe('filling what is missing', () => {
  it('gives a value only to what has none', () => {
    const things = [anInstance({ id: 'i-00000001', tags: {} }), anInstance({ id: 'i-00000002', tags: { owner: '' } })];
    expect(missingEdits(things, { owner: 'shop' })).toEqual([
      { of: { id: 'i-00000001', name: 'db-1', tags: {} }, edit: { set: { owner: 'shop' }, remove: [] } },
    ]);
  });

  it('of a disk that differs from its server is shown, and overwritten with --replace alone, whole down to its snapshots', () => {
    const instances = [anInstance({ tags: good })];
    const volumes = [aVolume({ tags: { ...good, owner: 'search' } })];
    const snapshots = [aSnapshot({ tags: { env: 'prod' } })];
    const stock = { place, instances, volumes };
    const coverage = coverageOf(rule, [stock]);
    const edits = (replace: boolean) =>
      propagation(rule, { instances, volumes, snapshots }, { replace }).map(({ of, edit }) => [of.id, edit.set]);

    expect(coverage.faults).toMatchObject([{ id: 'vol-0000000b', key: 'owner', value: 'search', what: 'differs' }]);
    expect(coverageOf({ ...rule, propagate: ['snapshots'] }, [stock]).faults).toEqual([]);
    const of = { unread: [], places: 1, now: 0, tag: '/tag', csv: false };
    expect(JSON.stringify(report([coverage], of))).toContain('/tag --rule billing --propagate --replace');
    expect(edits(false)).toEqual([['snap-00000001', { owner: 'search', 'cost-center': 'cc-7' }]]);
    expect(edits(true)).toEqual([
      ['vol-0000000b', { owner: 'shop' }],
      ['snap-00000001', { owner: 'shop', 'cost-center': 'cc-7' }],
    ]);
  });

  it('gives with --replace a value also to what is blank or not allowed, and leaves what is in order', () => {
    const things = [
      anInstance({ id: 'i-00000001', tags: {} }),
      anInstance({ id: 'i-00000002', tags: { env: ' ' } }),
      anInstance({ id: 'i-00000003', tags: { env: 'production' } }),
      anInstance({ id: 'i-00000004', tags: { env: 'dev' } }),
    ];
    const keys = { env: { values: ['prod', 'dev'], pattern: undefined } };
    const edits = wrongEdits({ keys }, things, { env: 'prod' });
    expect(edits.map(({ of, edit }) => [of.id, edit.set])).toEqual([
      ['i-00000001', { env: 'prod' }],
      ['i-00000002', { env: 'prod' }],
      ['i-00000003', { env: 'prod' }],
    ]);
    expect(planTags(edits, { undoes: false, gone: [] }).changes.map(inverseOf)).toEqual([
      { set: {}, remove: ['env'] },
      { set: { env: ' ' }, remove: [] },
      { set: { env: 'production' }, remove: [] },
    ]);
    expect(parseTag(readWords('--rule billing env=prod --replace'))).toMatchObject({ kind: 'rule', replace: true });
    expect(parseTag(readWords('--rule billing --propagate --replace'))).toMatchObject({
      propagate: true,
      replace: true,
    });
  });

  it('passes tags from servers to disks and from disks to snapshots, those in order only', () => {
    const found = {
      instances: [anInstance({ tags: { ...good, env: 'dev' } })],
      volumes: [aVolume({ tags: { owner: 'disk' } }), aVolume({ id: 'vol-00000009', attachments: [], tags: good })],
      snapshots: [
        aSnapshot({ id: 'snap-00000001', tags: {} }),
        aSnapshot({ id: 'snap-00000002', volumeId: 'vol-00000009' }),
      ],
    };
    expect(propagation(rule, found).map(({ of, edit }) => [of.id, edit.set])).toEqual([
      ['vol-0000000b', { 'cost-center': 'cc-7' }],
      ['snap-00000001', { owner: 'disk', 'cost-center': 'cc-7' }],
      ['snap-00000002', good],
    ]);
  });

  it('passes on only what all servers of a shared disk agree on', () => {
    const at = aVolume().attachments[0]!;
    const shared = aVolume({ tags: {}, attachments: [at, { ...at, instanceId: 'i-00000002' }] });
    const instances = [
      anInstance({ tags: good }),
      anInstance({ id: 'i-00000002', tags: { ...good, owner: 'search' } }),
    ];
    expect(propagation(rule, { instances, volumes: [shared], snapshots: [] })[0]!.edit.set).toEqual({
      env: 'prod',
      'cost-center': 'cc-7',
    });
  });

  it('never overwrites, and makes nothing that breaks the rule', () => {
    const tags = fc.dictionary(
      fc.constantFrom('owner', 'env', 'cost-center', 'x'),
      fc.constantFrom('prod', 'cc-1', '', 'z'),
    );
    fc.assert(
      fc.property(tags, tags, (from, to) => {
        const set = passedOn(rule, from, to);
        for (const [key, value] of Object.entries(set)) {
          expect(Object.hasOwn(to, key)).toBe(false);
          expect(tagFault({ [key]: value }, key, rule.keys[key]!)).toBeUndefined();
        }
      }),
    );
  });

  it('refuses a plan that would go beyond 50 tags', () => {
    const full = Object.fromEntries(Array.from({ length: 50 }, (_, nr) => [`k${nr}`, 'v']));
    const edits = missingEdits([anInstance({ tags: full })], { owner: 'shop' });
    expect(() => planTags(edits, { undoes: false, gone: [] })).toThrow(/50 tags/);
  });

  const asking = (rules: readonly TagRule[]) => ({
    settings: createFakeSettings({ tags: { ...createFakeSettings().current().tags, required: rules } }).current(),
    cloud: {
      instances: async () => [anInstance()],
      volumes: async () => [aVolume()],
      snapshots: async () => [],
    } as never,
  });
  it.each([
    ['another', { owner: 'x' }, false, /no tag rule `another`.*billing/],
    ['billing', { team: 'x' }, false, /`team` is no tag that the rule asks for/],
    ['billing', { env: 'dev' }, false, /not allowed there.*prod, staging/],
    ['billing', { owner: ' ' }, false, /has no value/],
    ['quiet', {}, true, /passes nothing on.*propagate: \[volumes, snapshots\]/],
  ] as const)('refuses rule %s with %j', async (name, set, propagate, pattern) => {
    const refused = await ruleEdits(asking([rule, { ...rule, name: 'quiet', propagate: [] }]), {
      rule: name,
      set: { ...set },
      propagate,
    }).catch((error: unknown) => error);
    expect(isRefusal(refused)).toBe(true);
    expect(String(refused)).toMatch(pattern);
  });

  it.each([
    ['--rule billing owner=platform', { set: { owner: 'platform' }, propagate: false }],
    ['--rule billing --propagate', { set: {}, propagate: true }],
  ])('reads %s', (line, of) => {
    expect(parseTag(readWords(line))).toEqual({ kind: 'rule', rule: 'billing', ...of });
  });

  it.each([
    '--rule',
    '--rule billing',
    '--rule billing -owner',
    '--rule billing owner=x --propagate',
    '--rule billing --force x',
  ])('refuses %s with an example', (line) => {
    expect(() => parseTag(readWords(line))).toThrow(/For example: `\/tag --rule billing/);
  });
});
