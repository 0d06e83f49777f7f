import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { createClouds } from '#aws/clouds.ts';
import { isRefusal, isTransient } from '#errors.ts';
import type { Where, Work } from '#ports/clouds.ts';
import type { Containers } from '#ports/containers.ts';
import type { Account, Settings } from '#ports/settings.ts';
import { createAccounts, sandboxAccounts } from '#sandbox/accounts/index.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

import { caught, createLog, realClock } from './support.ts';

const { home, staging, role } = sandboxAccounts;
const own: Account = {
  name: 'production',
  id: home,
  role: undefined,
  externalId: undefined,
  regions: ['us-east-1', 'us-west-2'],
  buckets: {},
};
const other: Account = {
  name: 'staging',
  id: staging,
  role: role.arn,
  externalId: role.externalId,
  regions: ['us-east-1', 'eu-west-1'],
  buckets: {},
};
const there: Where = { account: staging, region: 'us-east-1' };

afterEach(() => vi.unstubAllEnvs());

/** The adapter on the sandbox's accounts. */
async function start(change: Partial<Settings['aws']> = {}) {
  const part = createAccounts({ speed: 1_000, now: () => Date.now() });
  const server = createServer(part.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { aws } = createFakeSettings().current();
  let settings = { ...aws, region: 'us-east-1', sourceIdentity: true, accounts: [own, other], ...change };
  const log = createLog();
  const clouds = createClouds({
    settings: () => settings,
    region: undefined,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    containers: {} as Containers,
    clock: realClock,
    log,
  });
  async function close(): Promise<void> {
    clouds.close();
    await part.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
  onTestFinished(close);
  const assumed = () =>
    (part.dump() as { sts: { assumed: { name: string; sourceIdentity?: string }[] } }).sts.assumed.map(
      ({ name, sourceIdentity }) => [name, sourceIdentity],
    );
  return {
    clouds,
    faults: part.faults,
    log,
    assumed,
    change: (more: Partial<Settings['aws']>) => (settings = { ...settings, ...more }),
    look: (work?: Work, where = there) => clouds.at(where, work).instances({}),
    stopServer: () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

describe('sessions', () => {
  test('the base credentials are used as they are where there is no role', async () => {
    const { look, assumed } = await start();
    await look({}, { account: home, region: 'us-west-2' });

    expect(assumed()).toEqual([]);
  });

  test('one session serves a person and run in all Regions of an account; another person has another', async () => {
    const { look, assumed } = await start();
    const run = { person: 'U1', run: 'r-0123456789' } as const;
    await Promise.all([
      look(run),
      look(run),
      look({ ...run, lane: 'high' }),
      look(run, { ...there, region: 'eu-west-1' }),
    ]);
    await look({ person: 'U2' });
    await look({ lane: 'low' });
    await look({ person: 'deckhand', lane: 'low' });

    expect(assumed()).toEqual([
      ['deckhand.U1.r-0123456789', 'U1'],
      ['deckhand.U2', 'U2'],
      ['deckhand', 'deckhand'],
    ]);
  });

  test('no source identity is named unless the settings say so', async () => {
    const { look, assumed } = await start({ sourceIdentity: false });
    await look({ person: 'U1' });

    expect(assumed()).toEqual([['deckhand.U1', undefined]]);
  });

  test('keys are renewed before they end', async () => {
    const { look, assumed } = await start();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    onTestFinished(() => void vi.useRealTimers());
    await look();
    vi.setSystemTime(Date.now() + 53 * 60_000);
    await look();
    expect(assumed()).toHaveLength(1);
    vi.setSystemTime(Date.now() + 3 * 60_000);
    await look();

    expect(assumed()).toHaveLength(2);
  });

  test('keys that AWS has ended earlier are renewed, and a repeatable call goes through', async () => {
    const { look, faults, assumed, log } = await start();
    await look();
    faults({ sts: { expire: true } });

    expect(await look()).toHaveLength(6);
    expect(assumed()).toHaveLength(2);
    expect(log.lines.map(({ text }) => text)).toContain('the AWS credentials had expired and were renewed');
  });

  test('a call that may not be repeated is told as not done, once the keys are renewed', async () => {
    const { clouds, look, faults } = await start();
    const [server] = await look();
    const { volumeId } = server!.mappings[0]!;
    faults({ sts: { expire: true } });
    const take = () => clouds.at(there).createSnapshot({ volumeId, tags: {}, description: '' });

    expect(isTransient(await caught(take()))).toBe(true);
    expect(await take()).toMatchObject({ volumeId });
  });
});

describe('what AWS does not allow', () => {
  test('a role that lets nobody in is named, with what its trust policy needs', async () => {
    const { look, faults } = await start();
    faults({ sts: { deny: ['*'] } });

    const error = await caught(look());

    expect(error).toMatchObject({ code: 'not-permitted', data: { awsCode: 'AccessDenied', role: role.arn } });
    expect((error as Error).message).toMatch(
      /role arn:aws:iam::210987654321:role\/deckhand of account staging.*sts:AssumeRole and sts:SetSourceIdentity with the external id/,
    );
    expect((error as Error).message).not.toContain(role.externalId);
  });

  test('it is let in as soon as the policy is corrected', async () => {
    const { look, faults } = await start();
    faults({ sts: { deny: ['*'] } });
    await caught(look());
    faults({ clear: true });

    expect(await look()).toHaveLength(6);
  });

  test('an STS that is away may be back in a minute', async () => {
    const { look, stopServer } = await start();
    await stopServer();

    expect(isTransient(await caught(look()))).toBe(true);
  });

  test('an account in the settings that is not the one of the keys is told before anything is done', async () => {
    const { clouds } = await start({ accounts: [{ ...own, id: '999999999999' }] });

    const error = await caught(clouds.at({ account: '', region: '' }).place());

    expect(isRefusal(error) && error.message).toMatch(
      /are of account 123456789012, but deckhand.yml says .* 999999999999/,
    );
  });
});

describe('places', () => {
  test('come and go with the settings', async () => {
    const { clouds, look, change } = await start({ accounts: [own] });

    expect(await caught(look())).toMatchObject({ code: 'not-offered' });
    change({ accounts: [own, other] });
    expect(await look()).toHaveLength(6);
    expect(clouds.places()).toHaveLength(4);
    change({ accounts: [own] });
    const error = await caught(look());
    expect((error as Error).message).toMatch(/no longer works in account 210987654321, Region us-east-1/);
    expect(await caught(clouds.at(there).place())).toMatchObject({ code: 'not-offered' });
    expect(clouds.places().map(({ name, region }) => `${name} ${region}`)).toEqual([
      'production us-east-1',
      'production us-west-2',
    ]);
  });

  test('what somebody works with goes on while its place is taken out', async () => {
    const { clouds, look, change } = await start();
    await look();
    const cloud = clouds.at(there);
    change({ accounts: [own] });

    expect(await cloud.instances({})).toHaveLength(6);
  });

  test('all clouds of a place share one budget, and no two places do', async () => {
    const { clouds, look } = await start();
    await look({ person: 'U1' });
    await look({ person: 'U2', run: 'r-0123456789' });
    await look({}, { account: '', region: '' });

    expect(clouds.budgets().map(({ account, region }) => `${account} ${region}`)).toEqual([
      `${staging} us-east-1`,
      `${home} us-east-1`,
    ]);
  });

  test('say where they are by the name people gave them', async () => {
    const { clouds } = await start();

    expect(await clouds.at(there).place()).toMatchObject({ account: staging, region: 'us-east-1', name: 'staging' });
    expect(await clouds.at({ account: '', region: '' }).place()).toMatchObject({ account: home, name: 'production' });
  });

  test('the services beside EC2 work as the same person', async () => {
    const { clouds, assumed } = await start();
    // The sandbox offers no such key; what counts is whose keys were used.
    await caught(clouds.platform(there, { person: 'U1' }).keys.key('alias/any'));

    expect(assumed()).toEqual([['deckhand.U1', 'U1']]);
  });
});
