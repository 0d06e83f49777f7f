import { describe, expect, it } from 'vitest';

import { grouped } from '#operations/restore/finding.ts';
import { planned } from '#operations/restore/messages.ts';
import type { CheckedServer, PreflightFacts } from '#operations/restore/preflight-facts.ts';
import { preflight } from '#operations/restore/preflight.ts';
import type { Instance } from '#ports/cloud.ts';
import type { Key } from '#ports/platform.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const hour = 3_600_000;
const key: Key = {
  arn: 'arn:aws:kms:us-east-1:1:key/k',
  state: 'Enabled',
  enabled: true,
  origin: 'AWS_KMS',
  manager: 'CUSTOMER',
};

type Change = { instance?: Partial<Instance>; server?: Partial<CheckedServer>; facts?: Partial<PreflightFacts> };
function facts({ instance = {}, server = {}, facts: more = {} }: Change = {}): PreflightFacts {
  const snapshot = aSnapshot({ kmsKeyId: key.arn });
  return {
    servers: [
      {
        instance: anInstance(instance),
        volumes: [aVolume({ id: 'vol-0000000a' }), aVolume()],
        wanted: ['vol-0000000b'],
        swaps: [
          {
            device: '/dev/sdf',
            out: 'vol-0000000b',
            put: { kind: 'create', snapshot, sizeGiB: 100, type: 'gp3', encrypted: true, kmsKeyId: key.arn, tags: 4 },
          },
        ],
        method: 'swap',
        ...server,
      },
    ],
    now,
    members: [],
    health: [],
    limits: { 'm6i.large': { most: 28, shared: true } },
    zones: [{ name: 'us-east-1a', state: 'available' }],
    keys: { [key.arn]: key },
    stopProtected: [],
    usedGiB: { gp3: 1_000 },
    quotaGiB: {},
    filling: undefined,
    dueForDeletion: new Set(),
    archived: [],
    snapshots: [snapshot],
    missing: [],
    unread: [],
    ...more,
  };
}
const swapWith = (more: object) => {
  const [server] = facts().servers;
  const [swap] = server!.swaps;
  return { swaps: [{ ...swap!, put: { ...swap!.put, ...more } }] as CheckedServer['swaps'] };
};
const event = (notBefore: number, more: object = {}) => ({
  instanceId: 'i-00000001' as const,
  state: 'running',
  system: 'ok',
  instance: 'ok',
  ebs: 'ok',
  events: [{ code: 'instance-retirement', description: 'retires', notBefore, completed: false, ...more }],
});
const member = (lifecycle: string) => ({
  instanceId: 'i-00000001' as const,
  group: 'web',
  lifecycle,
  healthy: true,
  protectedFromScaleIn: false,
});

/** One line each: what is wrong, how serious it is, what a person reads. */
const conditions: readonly (readonly [what: string, level: 'blocker' | 'warning', Change, RegExp])[] = [
  [
    'a missing permission',
    'blocker',
    { facts: { missing: ['ec2:AttachVolume'] } },
    /ec2:AttachVolume is missing.*IAM role/,
  ],
  ['a server in between', 'blocker', { instance: { state: 'stopping' } }, /is stopping.*Wait/],
  [
    'a group member in service',
    'blocker',
    { instance: { autoScalingGroup: 'web' }, facts: { members: [member('InService')] } },
    /group web \(InService\).*Standby/,
  ],
  [
    'a group that could not be read',
    'blocker',
    { instance: { autoScalingGroup: 'web' }, facts: { members: undefined } },
    /group web:.*Standby/,
  ],
  ['a managed server', 'blocker', { instance: { managedBy: 'eks' } }, /managed by eks.*that service/],
  ['a Marketplace product', 'blocker', { instance: { marketplace: true } }, /product code.*by hand/],
  ['a root on an instance store', 'blocker', { instance: { instanceStore: true } }, /instance store.*Launch/],
  ['stop protection', 'blocker', { facts: { stopProtected: ['i-00000001'] } }, /stop protection is on.*Switch/],
  [
    'a type that takes too few volumes',
    'blocker',
    { instance: { type: 'm6i.large' }, facts: { limits: { 'm6i.large': { most: 1, shared: false } } } },
    /has 2 volumes; m6i\.large takes 1.*Detach/,
  ],
  [
    'network interfaces that take the places of volumes',
    'warning',
    {
      instance: { type: 'm6i.large', interfaces: 3 },
      facts: { limits: { 'm6i.large': { most: 3, shared: true } } },
    },
    /has 2 volumes and 2 network interfaces besides the first; m6i\.large takes 3, network interfaces included.*Detach/,
  ],
  [
    'a zone that is gone',
    'blocker',
    { facts: { zones: [{ name: 'us-east-1a', state: 'unavailable' }] } },
    /us-east-1a is unavailable/,
  ],
  [
    'a zone that is not well',
    'warning',
    { facts: { zones: [{ name: 'us-east-1a', state: 'constrained' }] } },
    /us-east-1a is constrained/,
  ],
  [
    'a volume of several servers',
    'blocker',
    { server: { volumes: [aVolume({ multiAttach: true })] } },
    /multi-attach.*by hand/,
  ],
  [
    'a managed volume',
    'blocker',
    { server: { volumes: [aVolume({ managedBy: 'eks' })] } },
    /vol-0000000b is managed by eks/,
  ],
  [
    'a volume on its way',
    'blocker',
    { instance: { mappings: anInstance().mappings.map((one) => ({ ...one, state: 'detaching' })) } },
    /is detaching right now.*Wait/,
  ],
  [
    'a volume in another zone',
    'blocker',
    { server: { volumes: [aVolume({ zone: 'us-east-1b' })] } },
    /is in us-east-1b, the server in us-east-1a/,
  ],
  [
    'an old volume in another zone',
    'blocker',
    {
      server: {
        swaps: [
          {
            device: '/dev/sdf',
            out: 'vol-0000000b',
            put: { kind: 'existing', volume: aVolume({ id: 'vol-0000000c', zone: 'us-east-1c' }) },
          },
        ],
      },
    },
    /is in us-east-1c/,
  ],
  ['too many tags', 'blocker', { server: swapWith({ tags: 51 }) }, /51 tags; AWS takes 50.*`\/tag`/],
  [
    'a disabled key',
    'blocker',
    { facts: { keys: { [key.arn]: { ...key, state: 'Disabled', enabled: false } } } },
    /KMS key is Disabled.*Enable it/,
  ],
  [
    'a key about to be deleted',
    'blocker',
    { facts: { keys: { [key.arn]: { ...key, state: 'PendingDeletion', enabled: false } } } },
    /PendingDeletion.*Cancel/,
  ],
  [
    'a key whose material is missing',
    'blocker',
    { facts: { keys: { [key.arn]: { ...key, state: 'PendingImport', enabled: false } } } },
    /PendingImport/,
  ],
  [
    'key material that expires',
    'warning',
    { facts: { keys: { [key.arn]: { ...key, validTo: now + hour } } } },
    /expires within 7 days/,
  ],
  [
    'a quota that is told and exceeded',
    'blocker',
    { facts: { quotaGiB: { gp3: 1_050 } } },
    /100 GiB of new gp3.*1100 GiB; your quota.*1050 GiB.*fewer servers/,
  ],
  ['a quota that is nearly reached', 'warning', { facts: { quotaGiB: { gp3: 1_200 } } }, /your quota.*1200 GiB/],
  ["AWS's usual quota exceeded", 'warning', { facts: { usedGiB: { gp3: 51_150 } } }, /AWS's usual quota is 51200 GiB/],
  [
    'more filling than a Region has',
    'blocker',
    { facts: { filling: { rate: 300, quota: 200 } } },
    /300 MiB\/s is more than the 200 MiB\/s.*lower `--rate`/,
  ],
  [
    'a snapshot the rules delete',
    'warning',
    { facts: { dueForDeletion: new Set(['snap-00000001']) } },
    /retention rules delete snap-00000001/,
  ],
  [
    'a snapshot of Data Lifecycle Manager',
    'warning',
    { server: swapWith({ snapshot: aSnapshot({ tags: { 'aws:dlm:lifecycle-policy-id': 'p' } }) }) },
    /Data Lifecycle Manager/,
  ],
  [
    'a snapshot of AWS Backup',
    'warning',
    { server: swapWith({ snapshot: aSnapshot({ tags: { 'aws:backup:source-resource': 'a' } }) }) },
    /AWS Backup/,
  ],
  [
    'a snapshot that goes back to the archive',
    'warning',
    {
      facts: { archived: [{ id: 'snap-00000001', status: 'temporary-restore-completed', restoredUntil: now + hour }] },
    },
    /ends within a day/,
  ],
  [
    'a set that is not whole',
    'warning',
    {
      server: swapWith({ snapshot: aSnapshot({ tags: { 'deckhand:set': 's' } }) }),
      facts: {
        snapshots: [
          aSnapshot({ tags: { 'deckhand:set': 's' } }),
          aSnapshot({ id: 'snap-00000002', state: 'error', tags: { 'deckhand:set': 's' } }),
        ],
      },
    },
    /set of which 1 snapshot did not complete/,
  ],
  [
    'a snapshot that is still taken',
    'warning',
    { facts: { snapshots: [aSnapshot({ id: 'snap-00000003', state: 'pending' })] } },
    /still being taken/,
  ],
  [
    'a public address that changes',
    'warning',
    { instance: { publicIpChangesOnStop: true, publicIp: '203.0.113.7' } },
    /203\.0\.113\.7 will change.*Elastic IP/,
  ],
  ['a placement group', 'warning', { instance: { placementGroup: 'tight' } }, /placement group tight.*capacity/],
  ['local disks', 'warning', { instance: { type: 'm6id.large' } }, /local disks of m6id\.large are lost/],
  ['a server that runs', 'warning', {}, /is down during the work; memory is lost/],
  ['Windows', 'warning', { instance: { platform: 'windows' } }, /drive letter/],
  [
    'an event of AWS',
    'warning',
    { facts: { health: [event(now + 20 * hour)] } },
    /instance-retirement from 2026-11-26 08:00 UTC/,
  ],
  [
    'something that may not be read',
    'warning',
    { facts: { unread: [{ what: 'Auto Scaling', why: 'No permission.' }] } },
    /Auto Scaling could not be looked at: No permission/,
  ],
];

describe('what is looked at before a restore', () => {
  it.each(conditions)('%s is a %s', (_what, level, change, said) => {
    const found = preflight(facts(change)).filter(({ text, next }) => said.test(`${text} ${next}`));

    expect(found).toMatchObject([{ level }]);
    expect(found[0]!.title).not.toBe('');
    // Every "no" ends with the next move.
    expect(found[0]!.next).toMatch(level === 'blocker' ? /\.$/ : /^$|\.$/);
  });

  it('finds nothing but the downtime where all is well', () => {
    expect(preflight(facts()).map(({ kind }) => kind)).toEqual(['down']);
    expect(preflight(facts({ instance: { state: 'stopped' } }))).toEqual([]);
  });

  it.each<[string, Change]>([
    ['a member in Standby', { instance: { autoScalingGroup: 'web' }, facts: { members: [member('Standby')] } }],
    [
      'stop protection of a server that is not stopped',
      { server: { method: 'root-task' }, facts: { stopProtected: ['i-00000001'] } },
    ],
    ['an event that is over', { facts: { health: [event(now - hour, { completed: true })] } }],
    ['an event far away', { facts: { health: [event(now + 72 * hour)] } }],
    ['an address that stays', { server: { method: 'root-task' }, instance: { publicIpChangesOnStop: true } }],
    [
      'an archive that is long to come',
      { facts: { archived: [{ id: 'snap-00000001', status: '', restoredUntil: now + 72 * hour }] } },
    ],
  ])('%s is no finding', (_what, change) => {
    expect(preflight(facts(change)).map(({ kind }) => kind)).toEqual(['down']);
  });

  it('says what many servers share once, with their number', () => {
    const servers = Array.from({ length: 12 }, (_, nr) => ({
      ...facts().servers[0]!,
      instance: anInstance({ id: `i-0000001${nr.toString(16)}`, name: `web-${nr}`, publicIpChangesOnStop: true }),
    }));
    const findings = grouped(preflight({ ...facts(), servers }));
    const server = {
      instance: { id: 'i-1', name: 'a', env: '', zone: 'z', type: 't' },
      wasRunning: true,
      rootDevice: '/dev/xvda',
      method: 'swap',
      swaps: [],
    } as const;
    const card = planned(
      {
        servers: [server, server],
        left: [],
        putsBack: false,
        failures: 0,
        atOnce: 500,
        findings,
        estimate: { ms: 1, rule: '' },
      },
      { now },
    );

    expect(JSON.stringify(card.sections)).toMatch(
      /"bold":"Public IPv4 changes: 12 servers"\}," \(web-0 \(i-00000010\), .* and 9 more\)/,
    );
  });
});
