import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  CopySnapshotCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, onTestFinished, test } from 'vitest';

import { type AccountsOptions, createAccounts, sandboxAccounts } from '#sandbox/accounts/index.ts';

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
const base: Keys = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
const role = { RoleArn: sandboxAccounts.role.arn, ExternalId: sandboxAccounts.role.externalId };

async function start(options: Partial<AccountsOptions> = {}) {
  let now = Date.UTC(2026, 10, 24, 12);
  const part = createAccounts({ speed: 1, now: () => now, ...options });
  const server = createServer(part.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws`;
  async function close(): Promise<void> {
    await part.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
  onTestFinished(close);

  const ec2 = (region: string, credentials = base) => new EC2Client({ region, endpoint, credentials, maxAttempts: 1 });
  async function servers(region: string, credentials = base): Promise<readonly string[]> {
    const { Reservations = [] } = await ec2(region, credentials).send(
      new DescribeInstancesCommand({ MaxResults: 500 }),
    );
    return Reservations.flatMap(({ OwnerId, Instances = [] }) =>
      Instances.map(({ InstanceId }) => `${OwnerId} ${InstanceId}`),
    );
  }
  const sts = (credentials = base) => new STSClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  async function assume(more: object = {}, credentials = base): Promise<Keys> {
    const command = new AssumeRoleCommand({ ...role, RoleSessionName: 'deckhand.U1', ...more });
    const { Credentials: keys } = await sts(credentials).send(command);
    return {
      accessKeyId: keys!.AccessKeyId!,
      secretAccessKey: keys!.SecretAccessKey!,
      sessionToken: keys!.SessionToken!,
    };
  }
  return { part, ec2, servers, sts, assume, close, advance: (ms: number) => (now += ms) };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => error.name,
  );

describe('the accounts and Regions of the sandbox', () => {
  test('each is a fleet of its own: the Region is that of the signature, the account that of the key', async () => {
    const { servers, assume } = await start();
    const staging = await assume();

    const fleets = await Promise.all([
      servers('us-east-1'),
      servers('us-west-2'),
      servers('us-east-1', staging),
      servers('us-west-2', staging),
    ]);

    expect(fleets.map((fleet) => fleet[0]!.split(' ')[0])).toEqual([
      sandboxAccounts.home,
      sandboxAccounts.home,
      sandboxAccounts.staging,
      sandboxAccounts.staging,
    ]);
    expect(fleets.map(({ length }) => length)).toEqual([24, 6, 6, 6]);
    expect(new Set(fleets.flat()).size).toBe(42);
  });

  test('snapshots are copied from other Regions, and from other accounts once they are shared', async () => {
    const { ec2, assume, advance } = await start();
    const staging = await assume();
    const { Snapshots } = await ec2('us-east-1').send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [{ Name: 'tag:backup', Values: ['nightly'] }] }),
    );
    const source = { SourceRegion: 'us-east-1', SourceSnapshotId: Snapshots![0]!.SnapshotId! };
    const copyTo = (region: string, keys = base) => ec2(region, keys).send(new CopySnapshotCommand(source));

    const { SnapshotId } = await copyTo('us-west-2');
    expect(await codeOf(copyTo('us-east-1', staging))).toBe('InvalidSnapshot.NotFound');
    await ec2('us-east-1').send(
      new ModifySnapshotAttributeCommand({
        SnapshotId: source.SourceSnapshotId,
        Attribute: 'createVolumePermission',
        OperationType: 'add',
        UserIds: [sandboxAccounts.staging],
      }),
    );
    expect(await codeOf(copyTo('us-east-1', staging))).toBe('done');

    advance(1_000);
    const { Snapshots: copies } = await ec2('us-west-2').send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [{ Name: 'snapshot-id', Values: [SnapshotId!] }] }),
    );
    expect(copies).toMatchObject([{ OwnerId: sandboxAccounts.home, VolumeSize: Snapshots![0]!.VolumeSize }]);
  });

  test('a Region that does not exist, and keys that nobody gave out, are refused', async () => {
    const { servers } = await start();

    expect(await codeOf(servers('mars-north-1'))).toBe('AuthFailure');
    expect(await codeOf(servers('us-east-1', { ...base, accessKeyId: `ASIA${sandboxAccounts.staging}0000` }))).toBe(
      'AuthFailure',
    );
  });

  test.each([
    ['no external id', { ExternalId: undefined }],
    ['another external id', { ExternalId: 'guessed' }],
    ['a role that does not exist', { RoleArn: 'arn:aws:iam::210987654321:role/admin' }],
  ])('the role is not given to whoever has %s', async (_what, more) => {
    const { assume } = await start();

    expect(await codeOf(assume(more))).toBe('AccessDenied');
  });

  test.each([
    ['a session name with a blank', { RoleSessionName: 'a person' }],
    ['less than a quarter of an hour', { DurationSeconds: 60 }],
    ['a source identity of one letter', { SourceIdentity: 'x' }],
  ])('%s is not valid', async (_what, more) => {
    const { assume } = await start();

    expect(await codeOf(assume(more))).toBe('ValidationError');
  });

  test('a role that assumes a role has it for an hour at most', async () => {
    const { assume } = await start();
    const first = await assume();

    expect(await codeOf(assume({ DurationSeconds: 7_200 }, first))).toBe('ValidationError');
    expect(await codeOf(assume({ DurationSeconds: 3_600 }, first))).toBe('done');
  });

  test('the person stands in the record, unless the trust policy does not allow it', async () => {
    const { part, assume } = await start();
    await assume({ SourceIdentity: 'U1' });
    part.faults({ sts: { denySourceIdentity: true } });

    expect(part.dump()).toMatchObject({
      sts: { assumed: [{ role: 'deckhand', name: 'deckhand.U1', sourceIdentity: 'U1' }] },
    });
    expect(await codeOf(assume({ SourceIdentity: 'U1' }))).toBe('AccessDenied');
    expect(await codeOf(assume())).toBe('done');
  });

  test('keys end after their time, or all at once, and say so', async () => {
    const { part, servers, sts, assume, advance } = await start();
    const staging = await assume();
    part.faults({ sts: { expire: true } });

    expect(await codeOf(servers('us-east-1', staging))).toBe('RequestExpired');
    expect(await codeOf(sts(staging).send(new GetCallerIdentityCommand({})))).toBe('ExpiredToken');
    const fresh = await assume();
    expect(await codeOf(servers('us-east-1', fresh))).toBe('done');
    advance(3_600_000);
    expect(await codeOf(servers('us-east-1', fresh))).toBe('RequestExpired');
    expect(await codeOf(servers('us-east-1'))).toBe('done');
  });

  test('STS tells who one is', async () => {
    const { sts, assume } = await start();
    const staging = await assume();

    const [one, other] = await Promise.all(
      [base, staging].map((keys) => sts(keys).send(new GetCallerIdentityCommand({}))),
    );

    expect(one).toMatchObject({ Account: sandboxAccounts.home });
    expect(other).toMatchObject({
      Account: sandboxAccounts.staging,
      Arn: 'arn:aws:sts::210987654321:assumed-role/deckhand/deckhand.U1',
    });
  });

  test('faults and the dump go to the place they name, and what is not there is refused', async () => {
    const { part } = await start();
    const west = { region: 'us-west-2' };
    part.faults({ ...west, stop: 'web-1' });

    const stateAt = (place: object) =>
      (part.dump(place) as { instances: { name: string; state: string }[] }).instances.find(
        ({ name }) => name === 'web-1',
      )?.state;
    expect([stateAt(west), stateAt({})]).toEqual(['stopping', 'running']);
    expect(part.faults({ region: 'mars-north-1', stop: 'web-1' })).toMatchObject({ status: 404 });
    expect(part.faults({ sts: { everything: true } })).toMatchObject({ status: 400 });
    expect(part.dump({ account: '000000000000' })).toMatchObject({
      error: expect.stringContaining('There is no such'),
    });
  });

  test('every place is as it was after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'accounts-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const options = { stateFile: join(folder, 'ec2.json') };
    const first = await start(options);
    const staging = { account: sandboxAccounts.staging, region: 'us-west-2' };
    first.part.faults({ ...staging, stop: 'db-1' });
    const before = first.part.dump(staging);
    await first.close();

    const second = await start(options);

    expect(second.part.dump(staging)).toMatchObject({
      instances: (before as unknown as { instances: { id: string; state: string }[] }).instances.map(
        ({ id, state }) => ({
          id,
          state,
        }),
      ),
    });
  });
});
