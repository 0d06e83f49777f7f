import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { holdTag } from '#lib/tags.ts';
import { readWords } from '#lib/words.ts';
import { describeSearch, filterMeant, readFilters } from '#operations/status/filters.ts';
import { inventory, inventoryFile } from '#operations/status/inventory-messages.ts';
import { fitsPattern, misses, type Search, search, type Stock } from '#operations/status/inventory.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;
const place = { account: '123456789012', region: 'us-east-1' };

const shownOf = { asked: '', unread: [], places: 1, price: 0.08, now, page: 0 };

const servers = [
  anInstance({ id: 'i-00000001', name: 'web-10', type: 't3.large', zone: 'us-east-1a', launchedAt: now - 100 * day }),
  anInstance({
    id: 'i-00000002',
    name: 'web-9',
    type: 't3.small',
    zone: 'us-east-1b',
    launchedAt: now - 2 * day,
    tags: { team: 'web', owner: ' ' },
  }),
  anInstance({
    id: 'i-00000003',
    name: 'db',
    type: 'm7g.large',
    zone: 'us-east-1a',
    state: 'stopped',
    launchedAt: now - 95 * day,
  }),
];
const on = (instanceId: 'i-00000001' | 'i-00000003') => [
  { instanceId, device: '/dev/xvda', state: 'attached', deleteOnTermination: true },
];
const disks = [
  aVolume({
    id: 'vol-00000001',
    name: 'a',
    encrypted: false,
    sizeGiB: 8,
    attachments: on('i-00000001'),
    createdAt: now - 9 * day,
  }),
  aVolume({
    id: 'vol-00000002',
    name: 'b',
    encrypted: true,
    sizeGiB: 90,
    attachments: on('i-00000003'),
    createdAt: now - 3 * day,
  }),
  aVolume({
    id: 'vol-00000003',
    name: 'c',
    encrypted: false,
    sizeGiB: 50,
    attachments: [],
    state: 'available',
    type: 'gp2',
    createdAt: now - day,
  }),
];
const snapshots = [
  aSnapshot({ id: 'snap-00000001', volumeId: 'vol-00000001', state: 'completed', startedAt: now - 30 * hour }),
  aSnapshot({ id: 'snap-00000002', volumeId: 'vol-00000001', state: 'error', startedAt: now - hour }),
];
const stock: Stock = { place, instances: servers, volumes: disks, snapshots };
const names = (wanted: Search) => search([stock], wanted, now).map(({ name }) => name);
const filters = (line: string) => readFilters(readWords(line));

describe('what is found', () => {
  it.each<[string, readonly string[]]>([
    ['type=t3.*', ['web-9', 'web-10']],
    ['type=T3.L*', ['web-10']],
    ['az=us-east-1a', ['db', 'web-10']],
    ['az=us-east-1a state=stopped', ['db']],
    ['older=90d', ['db', 'web-10']],
    ['older=90d newer=96d', ['db']],
    ['sort=age', ['web-10', 'db', 'web-9']],
    ['type=nothing', []],
    ['unattached', ['c']],
    ['unencrypted', ['a', 'c']],
    ['unencrypted state=in-use', ['a']],
    ['unencrypted type=gp2', ['c']],
    ['unencrypted type=t3.*', ['a']],
    ['no-backup', ['b']],
    ['no-backup 26h', ['a', 'b']],
    ['no-backup=31h', ['b']],
    ['no-backup 26h sort=size', ['b', 'a']],
    ['unencrypted sort=cost', ['c', 'a']],
    ['unencrypted older=2d', ['a']],
    ['untagged=team', ['db', 'web-10']],
    ['untagged=constructor', ['db', 'web-9', 'web-10']],
    ['untagged=owner', ['db', 'web-9', 'web-10']],
    ['unencrypted untagged=Name', []],
    ['unattached untagged=team', ['c']],
  ])('of %s', (line, wanted) => {
    expect(names(filters(line).search ?? {})).toEqual(wanted);
  });

  it('says of a restored disk what the one before had', () => {
    const restored = aVolume({
      id: 'vol-00000009',
      attachments: on('i-00000001'),
      tags: { 'deckhand:source-volume': 'vol-00000001' },
    });
    expect(search([{ ...stock, volumes: [restored] }], { noBackupMs: 26 * hour }, now)).toHaveLength(1);
    expect(search([{ ...stock, volumes: [restored] }], { noBackupMs: 48 * hour }, now)).toEqual([]);
  });

  it('names the values that exist of a filter that fits nothing there', () => {
    const missed = (line: string) => misses([stock], filters(line).search ?? {});
    expect(missed('state=stoped az=us-east-1z')).toEqual([
      { filter: 'az=us-east-1z', values: ['us-east-1a', 'us-east-1b'] },
      { filter: 'state=stoped', values: ['running', 'stopped'] },
    ]);
    expect(missed('state=stopped type=t3.*')).toEqual([]);
    const said = JSON.stringify(
      inventory([], { ...shownOf, search: { state: 'stoped' }, misses: missed('state=stoped') }),
    );
    expect(said).toContain('"Nothing there has ",{"code":"state=stoped"},"; there is: running, stopped."');
  });

  it('says until when a restore keeps a disk, and counts it as no waste', () => {
    const until = now + 2 * day;
    const held = aVolume({
      id: 'vol-00000008',
      attachments: [],
      state: 'available',
      sizeGiB: 400,
      tags: { [holdTag]: new Date(until).toISOString() },
    });
    const wanted = { unattached: true };
    const found = search([{ ...stock, volumes: [...disks, held] }], wanted, now);
    const said = JSON.stringify(inventory(found, { ...shownOf, search: wanted }));
    expect(said).toContain('1 disk with 50 GiB, about $4 a month, and 1 disk kept for undo');
    expect(said).toContain('kept for undo until 2026-11-27 12:00 UTC');
    expect(inventoryFile(found, { search: wanted, price: 0.08 }).text).toContain('2026-11-27T12:00:00.000Z');
  });

  it('fits a pattern exactly as the same regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '.', '3'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?', '3'), maxLength: 8 });
    fc.assert(
      fc.property(text, pattern, (have, want) => {
        const source = want.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(fitsPattern(have, want)).toBe(new RegExp(`^${source}$`, 'i').test(have));
      }),
    );
  });

  it('narrows with each filter, and loses or doubles nothing by sorting', () => {
    const some = fc.record(
      {
        type: fc.constantFrom('t3.*', 'm7g.*', '*'),
        zone: fc.constantFrom('*a', '*b'),
        state: fc.constantFrom('running', 'stopped'),
        olderMs: fc.integer({ min: 0, max: 120 * day }),
        unattached: fc.boolean(),
        unencrypted: fc.boolean(),
        sort: fc.constantFrom('age', 'name', 'size', 'cost'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(some, (wanted) => {
        const ids = search([stock], wanted as Search, now).map(({ id }) => id);
        const { type: _type, ...wider } = wanted;
        const all = search([stock], { ...wider, sort: 'name' }, now).map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(all).toEqual(expect.arrayContaining(ids));
      }),
    );
  });

  it('searches 10,000 servers and 30,000 disks in well under a second', () => {
    const instances = Array.from({ length: 10_000 }, (_, nr) =>
      anInstance({ id: `i-${nr}` as never, name: `web-${nr}` }),
    );
    const volumes = Array.from({ length: 30_000 }, (_, nr) =>
      aVolume({
        id: `vol-${nr}` as never,
        name: `disk-${nr}`,
        encrypted: false,
        attachments: [{ ...on('i-00000001')[0]!, instanceId: `i-${nr % 10_000}` as never }],
      }),
    );
    const before = process.cpuUsage();
    const found = search(
      [{ place, instances, volumes, snapshots }],
      { unencrypted: true, noBackupMs: hour, type: '*7*', sort: 'name' },
      now,
    );
    const { csv } = { csv: inventoryFile(found, { search: { unencrypted: true }, price: 0.08 }) };
    const used = process.cpuUsage(before);
    expect(found).toHaveLength(30_000);
    expect(csv.text.split('\r\n').length).toBeGreaterThan(30_000);
    expect((used.user + used.system) / 1_000_000).toBeLessThan(1);
  });
});

describe('what is typed', () => {
  it.each([
    'all',
    'web-1',
    'env=prod role=db',
    'i-00000001 vol-00000001',
    'Type=x',
    'Name=unattached',
    'unifi-1',
    'no-reply-1',
  ])('%s selects as ever', (line) => {
    const words = readWords(line);
    expect(readFilters(words)).toEqual({ rest: words.plain, search: undefined });
  });

  it('reaches tags that are named like filters', () => {
    expect(filters('tag:type=web tag:state=old type=t3.*')).toEqual({
      rest: ['type=web', 'state=old'],
      search: { type: 't3.*' },
    });
  });

  it('takes an age behind no-backup only when it is one', () => {
    expect(filters('no-backup web-1')).toEqual({ rest: ['web-1'], search: { noBackupMs: 0 } });
  });

  it('reads back what it says of a search', () => {
    const line =
      'type=t3.* az=*a state=running older=90d newer=36h unattached unencrypted no-backup 26h untagged=owner sort=age';
    expect(describeSearch(filters(line).search ?? {})).toBe(line);
  });

  it.each([
    ['unattatched', 'unattached'],
    ['no-backups', 'no-backup'],
    ['--tsv', '--csv'],
    ['sate>90d', 'state=…'],
  ])('%s is answered by the filter that was probably meant', (line, meant) => {
    expect(() => filters(line)).toThrow(`Did you mean \`${meant}\`?`);
  });

  it.each([
    [{ names: ['stopped'] }, 'state=stopped'],
    [{ names: ['stoped'] }, 'state=stopped'],
    [{ names: ['us-east-1a'] }, 'az=us-east-1a'],
    [{ names: ['t3.micro'] }, 'type=t3.micro'],
    [{ tags: { stat: 'stopped' } }, 'state=stopped'],
    [{ names: ['web-1'], tags: { env: 'prod' } }, undefined],
  ])('knows what %j looks like', (named, meant) => {
    expect(filterMeant({ names: [], tags: {}, ...named })).toBe(meant);
  });

  it.each([
    '--tsv',
    'age>90d',
    'unattatched',
    'no-backups',
    'sort=colour',
    'older=soon',
    'type=',
    'no-backup=x',
    '--csv=x',
  ])('%s is refused, with every filter and an example', (line) => {
    expect(() => filters(line)).toThrow(
      /`type=`.*`az=`.*`state=`.*older.*newer.*unattached.*unencrypted.*no-backup.*sort=age\|name\|size\|cost.*--csv.*For example: `\/fleet /s,
    );
  });
});

describe('what is shown', () => {
  const of = { asked: 'all', search: {}, unread: [], places: 1, price: 0.08, now, page: 0 };

  it('turns pages, and stays on the last one when there are fewer by now', () => {
    const found = search(
      [{ ...stock, instances: Array.from({ length: 45 }, (_, nr) => anInstance({ id: `i-${nr}` as never })) }],
      {},
      now,
    );
    expect(inventory(found, of).buttons?.map(({ label }) => label)).toEqual(['Page 2 of 3', 'Refresh']);
    expect(inventory(found, { ...of, page: 9 }).buttons?.map(({ label }) => label)).toEqual(['Page 2', 'Refresh']);
  });

  it('says that nothing fits, and what could not be read', () => {
    const message = inventory([], { ...of, places: 2, unread: [{ place, why: 'AWS does not answer.' }] });
    expect(message.alert).toBe('Search all: No server fits in 2 places; 1 place could not be read');
  });

  it('defuses formulas in the file', () => {
    const found = search([{ ...stock, instances: [anInstance({ name: '=cmd()' })] }], {}, now);
    expect(inventoryFile(found, { search: {}, price: 0.08 }).text).toContain("'=cmd()");
  });
});
