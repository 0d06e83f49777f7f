import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseSettings } from '#config.ts';
import { isRefusal } from '#errors.ts';
import { durationMs } from '#lib/duration.ts';
import { sandboxSettings } from '#sandbox/settings.ts';

import { problemsOf } from './support.ts';

/** The sections that there are, in their order. */
const sections = Object.keys(
  (JSON.parse(readFileSync('deckhand.schema.json', 'utf8')) as { properties: object }).properties,
);
const parse = (text: string) => parseSettings(text, 'deckhand.yml');
/** One account on the own credentials, called a, and others. */
const accounts = (...others: string[]) =>
  `aws: { accounts: [{ name: a, id: "111111111111", regions: [us-east-1] }${others.map((one) => `, { ${one}, regions: [us-east-1] }`).join('')}] }`;
const problems = (text: string) => problemsOf(() => parse(text));

describe('reading deckhand.yml', () => {
  test('what is not written denies or takes its default', () => {
    const nobody = { users: [], groups: [] };

    expect(parse('channels:\n  # alerts: C012AB3CD\nroles:\n')).toEqual({
      channels: { alerts: undefined, digest: undefined, commands: [] },
      roles: { viewer: nobody, operator: nobody, approver: nobody },
      approvals: {},
      limits: {
        resources: 50,
        deletions: 1_000,
        tags: 1_000,
        snapshotAttempts: 3,
        wait: { snapshotMs: 21_600_000, volumeMs: 600_000, stopMs: 600_000, startMs: 600_000, checksMs: 900_000 },
        poll: { minMs: 2_000, maxMs: 15_000 },
        visibilityGraceMs: 45_000,
        snapshotGapMs: 15_000,
        holdMs: 604_800_000,
        executeWithinMs: 900_000,
      },
      aws: {
        region: undefined,
        budgetShare: 0.7,
        home: undefined,
        sourceIdentity: false,
        accounts: [],
        buckets: {},
        quotas: { storageGiB: {} },
      },
      terraform: { state: [] },
      restore: { failures: '10%', atOnce: 500, fillingQuota: 5_000, serverMs: 180_000 },
      web: { allowPrivate: [], ports: [] },
      health: { enabled: true, cron: '* * * * *', timezone: 'UTC', confirm: 2, outOf: 3, recover: 2, tags: {} },
      digests: [
        {
          name: 'daily',
          cron: '0 9 * * *',
          timezone: 'UTC',
          channel: undefined,
          selector: 'all',
          accounts: [],
          regions: [],
          sections: ['health', 'backups', 'drills', 'tags', 'cost', 'events', 'chart'],
          catchUpMs: 43_200_000,
        },
      ],
      tags: { required: [], watch: { enabled: true, cron: '23 * * * *', timezone: 'UTC', channel: undefined } },
      retention: { prices: { snapshotGiBMonth: 0.05, archiveGiBMonth: 0.0125, volumeGiBMonth: 0.08 }, rules: [] },
      holds: { delete: 'offer', noticeMs: 86_400_000 },
      alerts: {
        reopenMs: 900_000,
        remindMs: [1_800_000, 7_200_000, 28_800_000],
        escalate: { afterMs: 900_000, channel: undefined, group: undefined },
      },
      monitoring: {
        concurrency: { total: 300, perHost: 2 },
        blind: {
          sites: 5,
          share: 0.2,
          withinMs: 30_000,
          canaries: ['https://slack.com/api/api.test', 'https://checkip.amazonaws.com/'],
        },
        group: { waitMs: 10_000, members: 3 },
        heartbeat: undefined,
        discoverTag: 'deckhand:url',
      },
      maintenance: [],
      schedules: [],
      drills: [],
      freeze: [],
      remediation: [],
      history: { hoursMs: 35 * 86_400_000, daysMs: 730 * 86_400_000 },
      siteReport: { enabled: true, cron: '0 9 * * 1', timezone: 'UTC' },
      vantage: { confirm: 2, waitMs: 5_000, replicas: false, host: '127.0.0.1', port: 3_090, agents: [] },
      statusPage: {
        enabled: false,
        title: 'Status',
        host: '127.0.0.1',
        port: 3_080,
        timezone: 'UTC',
        support: undefined,
        everyMs: 30_000,
        incidentsMs: 14 * 86_400_000,
        maintenanceNames: false,
        sites: [],
      },
      sitesDefaults: expect.objectContaining({ interval: 60_000, deadline: 10_000, recheck: [5_000, 15_000, 20_000] }),
      sites: [],
    });
  });

  test('a site takes what it does not say from sitesDefaults', () => {
    const [a, b] = parse(`
channels: { alerts: C1A }
sitesDefaults: { interval: 20s, slow: 1s, recover: { checks: 5 }, intermittent: { changes: 6 } }
sites:
  - { name: a, url: "http://a.example" }
  - { name: b, url: "http://b.example", interval: 5s, recover: { every: 7s }, intermittent: { checks: 40 } }
`).sites;

    expect(a).toMatchObject({ intervalMs: 20_000, deadlineMs: 10_000, slowMs: 1_000, recoverMs: 20_000 });
    expect(b).toMatchObject({
      intervalMs: 5_000,
      deadlineMs: 5_000,
      slowMs: 1_000,
      recoverMs: 7_000,
      recoverChecks: 5,
    });
    expect(b?.intermittent).toEqual({ changes: 6, checks: 40, tellDownMs: 300_000 });
  });

  test('maintenance comes once, on the clocks of its zone, or again and again', () => {
    const { maintenance } = parse(`
maintenance:
  - { name: move, from: "2026-07-01T22:00", to: "2026-07-02T02:00", timezone: Europe/Berlin }
  - { name: deploy, cron: "0 2 * * 0", duration: 1h, timezone: Europe/Berlin, select: env=prod }
`);

    expect(maintenance).toEqual([
      {
        kind: 'once',
        name: 'move',
        sites: 'all',
        select: 'all',
        from: Date.UTC(2026, 6, 1, 20),
        to: Date.UTC(2026, 6, 2, 0),
      },
      {
        kind: 'cron',
        name: 'deploy',
        sites: [],
        select: 'env=prod',
        cron: '0 2 * * 0',
        timezone: 'Europe/Berlin',
        durationMs: 3_600_000,
      },
    ]);
  });

  test('a schedule needs a name, a line and a selector; the rest has defaults', () => {
    const of = 'name: nightly, cron: "0 2 * * *", select: env=prod';

    expect(parse(`channels: { alerts: C1A }\nschedules: [{ ${of} }]`).schedules).toEqual([
      {
        name: 'nightly',
        cron: '0 2 * * *',
        timezone: 'UTC',
        selector: 'env=prod',
        place: undefined,
        hooks: undefined,
        retention: undefined,
        copies: [],
        rpoMs: undefined,
        catchUpMs: undefined,
        quiet: false,
        approval: { kind: 'none' },
        channel: undefined,
      },
    ]);
    const told = (list: string) => problems(`channels: { alerts: C1A }\nschedules: [${list}]`);
    expect(told(`{ ${of}, account: lab }`)).toEqual([
      expect.stringMatching(/schedules\[0\].account .*there is none yet/),
    ]);
    expect(told(`{ ${of} }, { ${of} }`)).toEqual([expect.stringMatching(/more than once there is: nightly/)]);
    expect(told('{ name: nightly, cron: "0 2 * * *", select: all web-1 }')).toEqual([
      expect.stringMatching(/schedules\[0\].select .*cannot be mixed/),
    ]);
    expect(told(`{ ${of}, hooks: { pre: [fsfreeze -f /data] } }`)).toEqual([
      expect.stringMatching(/schedules\[0\].hooks.post .*undo what `pre` does/),
    ]);
    expect(told(`{ ${of}, hooks: { post: [x], timeout: 5m } }`)).toEqual([
      expect.stringMatching(/schedules\[0\].hooks.timeout .*from 10s to 120s/),
    ]);
    expect(problems(`schedules: [{ ${of} }]`)).toEqual([expect.stringMatching(/schedules\[0\].channel .*failure/)]);
  });

  test('the one digest of before keeps working, and a list of digests takes its place', () => {
    const digests = (text: string) =>
      parseSettings(`channels: { alerts: C012ALERTS }\n${text}`, 'deckhand.yml').digests;

    expect(digests('digest: { cron: "0 7 * * 1-5", timezone: Europe/Berlin }')).toMatchObject([
      { name: 'daily', cron: '0 7 * * 1-5', timezone: 'Europe/Berlin', selector: 'all', channel: undefined },
    ]);
    expect(digests('digest: { enabled: false }')).toEqual([]);
    expect(digests('digests: []')).toEqual([]);
    expect(
      digests(`digests:
  - { name: all }
  - { name: shop, every: week, on: friday, at: "16:30", timezone: Asia/Tokyo, channel: C012SHOP, select: app=shop }
  - { name: work, every: week, sections: [cost, tags], catchUp: 1h }
  - { name: often, cron: "0 */6 * * *" }`),
    ).toMatchObject([
      { name: 'all', cron: '0 9 * * *', timezone: 'UTC', channel: undefined, selector: 'all', catchUpMs: 43_200_000 },
      { cron: '30 16 * * 5', timezone: 'Asia/Tokyo', channel: 'C012SHOP', selector: 'app=shop' },
      { cron: '0 9 * * 1', sections: ['cost', 'tags'], catchUpMs: 3_600_000 },
      { cron: '0 */6 * * *' },
    ]);
  });

  test('a digest is about the accounts and Regions that it names, all of them known', () => {
    const aws = `aws:
  region: eu-central-1
  accounts:
    - { name: prod, id: "123456789012", regions: [us-east-1, eu-west-1] }
    - { name: lab, id: "210987654321", role: "arn:aws:iam::210987654321:role/deckhand", regions: [us-west-2] }`;
    const of = (digest: string) => `channels: { alerts: C012ALERTS }\n${aws}\ndigests: [{ name: a, ${digest} }]`;

    expect(parse(of('accounts: [prod], regions: [eu-west-1, eu-central-1]')).digests).toMatchObject([
      { accounts: ['prod'], regions: ['eu-west-1', 'eu-central-1'] },
    ]);
    expect(parse(of('regions: [us-west-2, eu-central-1]')).digests).toMatchObject([{ accounts: [] }]);
    expect(problems(of('accounts: [prod, shop]'))).toEqual([
      expect.stringMatching(/digests\[0\].accounts\[1\] "shop".*under `aws.accounts`: prod, lab/),
    ]);
    expect(problems(of('regions: [ap-south-1]'))).toEqual([
      expect.stringMatching(
        /digests\[0\].regions\[0\] "ap-south-1".*Deckhand works in: eu-central-1, us-east-1.*`aws.region`/,
      ),
    ]);
    expect(problems(of('accounts: [lab], regions: [eu-central-1]'))).toEqual([
      expect.stringMatching(/regions\[0\] "eu-central-1".*these accounts work in: us-west-2/),
    ]);
    expect(problems('channels: { alerts: C012ALERTS }\ndigests: [{ name: a, accounts: [prod] }]')).toEqual([
      expect.stringMatching(/accounts\[0\] "prod".*there is none yet/),
    ]);
  });

  test('a drill may look from a throw-away server only', () => {
    const of = 'name: weekly, cron: "0 4 * * 0", select: env=prod';
    const told = (more: string) => problems(`channels: { alerts: C1A }\ndrills: [{ ${of}, ${more} }]`);

    expect(parse(`channels: { alerts: C1A }\ndrills: [{ ${of} }]`).drills).toMatchObject([
      { name: 'weekly', most: 5, target: undefined, check: [], rate: undefined, approval: { kind: 'none' } },
    ]);
    expect(told('target: web-1')).toEqual([expect.stringMatching(/drills\[0\].target .*instance id/)]);
    expect(told('check: [ls]')).toEqual([expect.stringMatching(/drills\[0\].check .*`target` beside it/)]);
    expect(told('rate: 50')).toEqual([expect.stringMatching(/drills\[0\].rate .*from 100 to 300/)]);
  });

  test('a site needs a name and an address; the rest has defaults', () => {
    const [site] = parse('channels: { alerts: C1A }\nsites: [{ name: shop, url: "https://shop.example.com" }]').sites;

    expect(site).toEqual({
      name: 'shop',
      url: 'https://shop.example.com',
      intervalMs: 60_000,
      deadlineMs: 10_000,
      statuses: [],
      contains: undefined,
      asks: {},
      verifyTls: true,
      maxRedirects: 5,
      slowMs: undefined,
      certificateDays: [21, 7, 1],
      recheckMs: [5_000, 15_000, 20_000],
      recoverMs: 20_000,
      recoverChecks: 3,
      degraded: { checks: 5, clear: 0.8 },
      intermittent: { changes: 4, checks: 30, tellDownMs: 300_000 },
      paused: false,
      parent: undefined,
      loadBalancer: undefined,
      instance: undefined,
      channel: undefined,
      owner: undefined,
      runbook: undefined,
    });
  });

  test('the deadline of a site shrinks with its interval', () => {
    const [site] = parse(
      'channels: { alerts: C1A }\nsites: [{ name: a, url: "http://a.example", interval: 3s }]',
    ).sites;

    expect(site?.deadlineMs).toBe(3_000);
  });

  test('the three kinds of approval', () => {
    const text = `
roles: { operator: { users: [U1A, U2A] }, approver: { groups: [S1A] } }
approvals:
  snapshot: none
  tag: confirm
  restart: { approve: 2, role: operator, expires: 30m }
  restore: { approve: 3 }`;

    expect(parse(text).approvals).toEqual({
      snapshot: { kind: 'none' },
      tag: { kind: 'confirm', expiresMs: 1_800_000 },
      restart: { kind: 'approve', count: 2, role: 'operator', expiresMs: 1_800_000 },
      restore: { kind: 'approve', count: 3, role: 'approver', expiresMs: 14_400_000 },
    });
  });

  test('the settings of the sandbox are read at its slowest and its quickest', () => {
    const url = 'http://127.0.0.1:4747';

    expect(parse(sandboxSettings({ url, speed: 1, statusPage: true })).limits.poll).toEqual({
      minMs: 2_000,
      maxMs: 15_000,
    });
    expect(parse(sandboxSettings({ url, speed: 10_000, statusPage: false })).limits.poll).toEqual({
      minMs: 40,
      maxMs: 200,
    });
  });
});

describe('refusing deckhand.yml', () => {
  test('a parent must be another site and lead nowhere back; a window must be whole', () => {
    const text = `channels: { alerts: C1A }
maintenance:
  - { name: w, sites: [nobody], cron: "0 2 * * 0" }
  - { name: x, from: "2026-07-01T22:00", to: "2026-07-01T21:00" }
  - { name: y, from: "2026-07-01T22:00", cron: "0 2 * * 0", duration: 1h }
sites:
  - { name: a, url: "http://a.example", parent: b }
  - { name: b, url: "http://b.example", parent: a }
  - { name: c, url: "http://c.example", parent: nobody, interval: 5s, deadline: 6s }
`;

    expect(problems(text).map((problem) => problem.replace(/ (cannot|is missing).*/, ''))).toEqual([
      'deckhand.yml:3 maintenance[0].duration',
      'deckhand.yml:3 maintenance[0].sites[0] "nobody"',
      'deckhand.yml:4 maintenance[1].to "2026-07-01T21:00"',
      'deckhand.yml:5 maintenance[2].from "2026-07-01T22:00"',
      'deckhand.yml:7 sites[0].parent "b"',
      'deckhand.yml:8 sites[1].parent "a"',
      'deckhand.yml:9 sites[2].deadline "6s"',
      'deckhand.yml:9 sites[2].parent "nobody"',
    ]);
  });

  test('all that is wrong is told at once, in the order of the lines, with field and next move', () => {
    const text = `chanels: {}
channels:
  alerts: "#alerts"
roles:
  operator:
    users: ["@sam", U012AB3]
    group: [S123]
approvals:
  restore: { approve: "2" }
limits:
  hold: 7
sites:
  - url: ftp://files.example.com
`;

    expect(problems(text)).toEqual([
      `deckhand.yml:1 chanels is not a setting. -> Did you mean \`channels\`? Known here: ${sections.join(', ')}.`,
      expect.stringMatching(
        /^deckhand\.yml:3 channels\.alerts "#alerts" cannot be used here\. -> Expected a Slack channel id such as/,
      ),
      expect.stringMatching(/^deckhand\.yml:6 roles\.operator\.users\[0\] "@sam" cannot .* -> .*Copy member ID/),
      'deckhand.yml:7 roles.operator.group is not a setting. -> Did you mean `groups`? Known here: users, groups.',
      'deckhand.yml:9 approvals.restore.approve "2" cannot be used here. -> Expected a whole number from 1 to 10.',
      expect.stringMatching(
        /^deckhand\.yml:11 limits\.hold 7 cannot be used here\. -> Expected a time from 1h to 365d, with its unit/,
      ),
      expect.stringMatching(/^deckhand\.yml:13 sites\[0\]\.name is missing\. -> Expected a short name/),
      expect.stringMatching(
        /^deckhand\.yml:13 sites\[0\]\.url "ftp:\/\/files\.example\.com" cannot .* -> Expected an address such as https/,
      ),
    ]);
    expect(() => parse(text)).toThrow(/^deckhand\.yml cannot be used: 8 settings are missing or wrong\./);
  });

  const alerts = 'channels: { alerts: C1A }\n';
  test.each([
    ['a rule for what only looks', 'approvals: { status: none }', /status is no operation that changes something/],
    ['a rule for undo', 'approvals: { undo: confirm }', /undo cannot have a rule of its own/],
    ['a misspelt operation', 'approvals: { restor: none }', /restor is no operation.*Did you mean `restore`/],
    ['a rule that is none', 'approvals: { restore: maybe }', /"maybe".*Expected `none`, `confirm`, or/],
    ['an unknown field of a rule', 'approvals: { restore: { approve: 1, by: x } }', /restore\.by is not a setting/],
    ['viewers as approvers', 'approvals: { restore: { approve: 1, role: viewer } }', /Expected operator or approver/],
    [
      'more approvals than people',
      'roles: { approver: { users: [U1A, U1A] } }\napprovals: { restore: { approve: 2 } }',
      /approvals\.restore\.approve 2.*at most as many.*\(1\)/,
    ],
    [
      'a poll that shrinks',
      'limits: { poll: { min: 20s, max: 10s } }',
      /limits\.poll\.max "10s".*not below `limits\.poll\.min`/,
    ],
    ['a time without unit', 'limits: { hold: "7" }', /limits\.hold "7".*with its unit/],
    ['a time out of bounds', 'limits: { executeWithin: 2d }', /limits\.executeWithin "2d".*from 10s to 1d/],
    ['no number', 'limits: { resources: many }', /resources "many".*whole number/],
    ['half a number', 'limits: { resources: 1.5 }', /resources 1\.5.*whole number/],
    ['yes for true', 'health: { enabled: yes }', /enabled "yes".*true or false/],
    ['a cron line of one word', 'health: { cron: hourly }', /cron "hourly".*five fields/],
    [
      'the old digest beside the new ones',
      'channels: { alerts: C012ALERTS }\ndigest: { cron: "0 7 * * *" }\ndigests: [{ name: prod }]',
      /digest \{.*Move `cron` and `timezone` into an item of `digests` and remove `digest`/,
    ],
    ['a digest that nobody would see', 'digests: [{ name: prod }]', /digests\[0\]\.channel.*nobody would see it/],
    ['a digest of two times', 'digests: [{ name: a, at: "07:00", cron: "0 7 * * *" }]', /digests\[0\]\.at.*not both/],
    ['a day of the week of a daily digest', 'digests: [{ name: a, on: friday }]', /digests\[0\]\.on.*every: week/],
    ['a time of day that is none', 'digests: [{ name: a, at: "24:00" }]', /digests\[0\]\.at "24:00".*time of day/],
    [
      'a section that is none',
      'digests: [{ name: a, sections: [weather] }]',
      /sections\[0\] "weather".*some of: health/,
    ],
    ['two digests of one name', 'digests: [{ name: a }, { name: a }]', /digests.*name of its own for each digest/],
    ['a time zone of nowhere', 'digest: { timezone: Mars/Base }', /timezone "Mars\/Base".*IANA/],
    [
      'a rule that keeps nothing',
      'retention: { rules: [{ name: all, selector: all }] }',
      /retention\.rules\[0\].*older/,
    ],
    [
      'a rule for one snapshot',
      'retention: { rules: [{ name: one, selector: snap-0123456789abcdef0, keep: 1 }] }',
      /selector.*whole history/,
    ],
    [
      'a rule whose plan is shown nowhere',
      'retention: { rules: [{ name: a, selector: all, keep: 1, cron: "0 4 * * *" }] }',
      /channel.*shown nowhere/,
    ],
    ['a required tag of AWS', `tags: { required: [{ name: a, selector: all, keys: { "aws:x": {} } }] }`, /aws:/],
    [
      'a pattern that is none',
      'tags: { required: [{ name: a, selector: all, keys: { owner: { pattern: "(" } } }] }',
      /pattern "\(".*RE2/,
    ],
    ['a tag rule without keys', 'tags: { required: [{ name: a, selector: all, keys: {} }] }', /keys.*at least one/],
    [
      'two tag rules of one name',
      'tags: { required: [{ name: a, selector: all, keys: { o: {} } }, { name: a, selector: all, keys: { o: {} } }] }',
      /name of its own/,
    ],
    ['a hold that is deleted otherwise', 'holds: { delete: always }', /holds\.delete "always".*offer or auto/],
    ['a number as tag', 'health: { tags: { tier: 1 } }', /health\.tags\.tier 1.*quotes/],
    [
      'a name of two accounts',
      accounts(
        'name: b, id: "222222222222", role: arn:aws:iam::222222222222:role/r',
        'name: a, id: "333333333333", role: arn:aws:iam::333333333333:role/r',
      ),
      /accounts\[1\]\.name "a".*account above has it|accounts\[2\]\.name "a".*account above has it/,
    ],
    [
      'an account twice',
      accounts('name: b, id: "111111111111", role: arn:aws:iam::111111111111:role/r'),
      /accounts\[1\]\.id "111111111111".*Write all its Regions there/,
    ],
    [
      'a role of another account',
      accounts('name: b, id: "222222222222", role: arn:aws:iam::333333333333:role/r'),
      /accounts\[1\]\.role .*role of the account 222222222222; this one is of 333333333333/,
    ],
    [
      'two accounts without a role',
      accounts('name: b, id: "222222222222"'),
      /accounts\[1\]\.role is missing.*own credentials are of one account/,
    ],
    [
      'an external id without a role',
      'aws: { accounts: [{ name: a, id: "111111111111", externalId: secret, regions: [us-east-1] }] }',
      /externalId .*Expected a `role` beside it/,
    ],
    [
      'a role that is no role',
      accounts('name: b, id: "222222222222", role: arn:aws:iam::222222222222:user/u'),
      /accounts\[1\]\.role .*Expected the ARN of a role/,
    ],
    [
      'an account id without quotes',
      'aws: { accounts: [{ name: a, id: 111111111111, regions: [us-east-1] }] }',
      /accounts\[0\]\.id 111111111111 .*in quotes/,
    ],
    [
      'an account without Regions',
      'aws: { accounts: [{ name: a, id: "111111111111", regions: [] }] }',
      /accounts\[0\]\.regions \[\].*at least one Region/,
    ],
    [
      'an account called all',
      'aws: { accounts: [{ name: all, id: "111111111111", regions: [us-east-1] }] }',
      /accounts\[0\]\.name "all".*not `all`/,
    ],
    [
      'a home that is no account',
      `aws: { home: b, ${accounts().slice('aws: { '.length)}`,
      /aws\.home "b".*account under `aws\.accounts`: a/,
    ],
    ['an availability zone', 'aws: { region: us-east-1a }', /aws\.region "us-east-1a".*Region/],
    [
      'a bucket of an action that nothing calls',
      'aws: { buckets: { CreateVolme: { capacity: 9, perSecond: 1 } } }',
      /CreateVolme.*CreateVolume/,
    ],
    ['a bucket without a rate', 'aws: { buckets: { CreateVolume: { capacity: 9 } } }', /perSecond.*0\.1 to 10000/],
    ['a share above 1', 'aws: { budgetShare: 70 }', /budgetShare 70.*0\.05 to 1/],
    [
      'everything private allowed',
      'web: { allowPrivate: [0.0.0.0/0] }',
      /allowPrivate\[0\] "0\.0\.0\.0\/0".*at the widest/,
    ],
    ['ports from high to low', 'web: { ports: [9000-8000] }', /ports\[0\].*8000-8999/],
    ['a port that is none', 'web: { ports: [0] }', /ports\[0\].*from 1 to 65535/],
    ['an address written oddly', 'web: { allowPrivate: ["2130706433"] }', /allowPrivate\[0\]/],
    [
      'two sites of one name',
      `${alerts}sites: [{ name: a, url: "http://a.example" }, { name: a, url: "http://b.example" }]`,
      /name of its own.*more than once there is: a\./,
    ],
    [
      'a public site that is none',
      'statusPage: { sites: [{ site: shop, name: Shop }] }',
      /statusPage\.sites\[0\]\.site "shop".*name of a site of this file/,
    ],
    [
      'a public site twice',
      `${alerts}sites: [{ name: a, url: "http://a.example" }]\nstatusPage: { sites: [{ site: a, name: A }, { site: a, name: B }] }`,
      /statusPage\.sites\[1\]\.site "a".*each site once/,
    ],
    [
      'a public link that is none',
      'statusPage: { support: "javascript:alert(1)" }',
      /statusPage\.support.*http or https/,
    ],
    [
      'a password in an address',
      `${alerts}sites: [{ name: a, url: "https://me:hunter2@a.example" }]`,
      /sites\[0\]\.url "https:\/\/…@a\.example"/,
    ],
    [
      'a deadline above the interval',
      `${alerts}sites: [{ name: a, url: "http://a.example", interval: 5s, deadline: 6s }]`,
      /deadline "6s".*not above the `interval`/,
    ],
    [
      'an interval below a second',
      `${alerts}sites: [{ name: a, url: "http://a.example", interval: 500ms }]`,
      /interval "500ms".*from 1s/,
    ],
    [
      'no re-check at all',
      `${alerts}sites: [{ name: a, url: "http://a.example", recheck: [] }]`,
      /recheck.*at least one/,
    ],
    [
      'an id cut short',
      `${alerts}sites: [{ name: a, url: "http://a.example", instance: i-12 }]`,
      /instance "i-12".*8 or 17/,
    ],
    [
      'a site that nobody hears of',
      'sites: [{ name: a, url: "http://a.example" }]',
      /sites\[0\]\.channel is missing.*nobody would hear/,
    ],
    ['a list where fields belong', 'roles: [U1A]', /roles \["U1A"\] cannot.*Expected fields/],
    ['one word where a list belongs', 'roles: { viewer: { users: U1A } }', /users "U1A".*Expected a list/],
    ['a list as the whole file', '- 1', /deckhand\.yml:1 \[1\] cannot.*Expected fields/],
    ['a tab', 'channels:\n\talerts: C1A', /deckhand\.yml:2 is not YAML.*spaces, not tabs/],
    ['a field written twice', 'health: {}\nhealth: {}', /deckhand\.yml:2 is not YAML.*keep one/],
    ['an open bracket', 'sites: [', /is not YAML/],
    ['two documents', 'health: {}\n---\nhealth: {}', /is not YAML/],
    ['an anchor within itself', 'health: &h { tags: *h }', /contains itself/],
    ['a tag that runs code elsewhere', 'health: !!js/function "x"', /is not YAML/],
    ['an empty file', '# nothing yet\n', /holds no settings.*docs\/install\.md/],
    ['a file without end', `# ${'x'.repeat(4_000_001)}`, /more than 4000000 characters/],
  ])('refused: %s', (_what, text, expected) => {
    expect(problems(text)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  test('a flood of problems is cut in the message, not in the data', () => {
    const text = `web: { allowPrivate: [${Array.from({ length: 80 }, () => '"?"').join(', ')}] }`;

    expect(() => parse(text)).toThrow(/… and 30 more\. Correct these first\.$/);
    expect(problems(text)).toHaveLength(80);
  });

  test('whatever stands in the file, the answer is settings or a refusal', () => {
    const words = fc.constantFrom(
      'channels',
      'alerts',
      'C1A',
      'sites',
      'name',
      'url',
      'recover',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '5s',
      '!',
      '"',
      ',',
      '0',
    );

    const outcome = (text: string) => {
      try {
        return parse(text).limits.resources > 0;
      } catch (error) {
        return isRefusal(error) && error.code === 'bad-input' && error.message.includes('->');
      }
    };

    const findings = fc.check(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => outcome(parts.join(''))),
      { numRuns: 500 },
    );

    expect(findings.counterexample).toBeNull();
  });
});

describe('times', () => {
  test.each([
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['90s', 90_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['5 m', undefined],
    ['-5m', undefined],
    ['5', undefined],
    ['1e3s', undefined],
    ['m', undefined],
  ])('%s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});
