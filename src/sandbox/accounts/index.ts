import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';

import type { Json } from '#ports/json.ts';
import { send } from '#sandbox/ec2/door.ts';
import { createEc2, type Ec2Options, type Ec2World } from '#sandbox/ec2/index.ts';
import { errorDocument } from '#sandbox/ec2/xml.ts';
import type { ControlAnswer, Ec2Part, Servers } from '#sandbox/parts.ts';

import { sessionOf, type Signature, signatureOf } from './keys.ts';
import { createSts, type Role, StsFaults } from './sts.ts';

/** One account and Region. */
export type PlaceHere = { key: string; isHome: boolean; servers: Servers };
/** The places of the sandbox, for the services beside EC2. */
export type Places = {
  /** Home's account and Region where they are left out; undefined: there is no such place. */
  at: (of: { account?: string | undefined; region?: string | undefined }) => PlaceHere | undefined;
  /** By who signed a request; `over`: with keys that have expired, `nobody`: with keys that were never given out. */
  signedFor: (request: IncomingMessage) => PlaceHere | undefined | 'over' | 'nobody';
};

export type AccountsOptions = Ec2Options & {
  roles?: readonly Role[];
  /** Servers of every fleet but home's; 6 unless told otherwise, all of them well. */
  elsewhere?: number;
};

/** The accounts of the sandbox and the role that Deckhand assumes in the second. */
export const sandboxAccounts = {
  home: '123456789012',
  staging: '210987654321',
  role: { arn: 'arn:aws:iam::210987654321:role/deckhand', externalId: 'sandbox-external-id' },
} as const;

/** Where fleets may be; asked for the first time, one is there. */
const regions = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1', 'eu-west-1'];

/**
 * The make-believe EC2 of every account and Region, and the STS that leads from one to the other, behind one address: the
 * Region comes from the scope of the signature, the account from the access key. Each place has a whole world of its own,
 * with its own fleet, buckets and state file; the home world is the one of `Ec2Options`.
 */
export function createAccounts(options: AccountsOptions): Ec2Part & { places: Places } {
  const { account: home = sandboxAccounts.home, region: homeRegion = 'us-east-1', now } = options;
  const roles = options.roles ?? [sandboxAccounts.role];
  const accounts = new Set([home, ...roles.map(({ arn }) => arn.split(':')[4] ?? '')]);
  const sts = createSts({ roles, home, now });
  const worlds = new Map<string, Ec2World>();
  const listeners: (() => void)[] = [];

  /** Undefined: there is no such account or Region. */
  function worldAt(account: string, region: string): Ec2World | undefined {
    const key = `${account}-${region}`;
    const known = worlds.get(key);
    if (known !== undefined || !accounts.has(account) || (!regions.includes(region) && region !== homeRegion))
      return known;
    const isHome = account === home && region === homeRegion;
    const place = { account, region, neighbour: (of: string, id?: string) => neighbour(account, of, id) };
    const world = createEc2(isHome ? { ...options, ...place } : { ...options, ...place, ...elsewhere(key) });
    worlds.set(key, world);
    for (const listener of listeners) world.onChange(listener);
    return world;
  }

  function elsewhere(key: string): Pick<Ec2Options, 'instances' | 'seed' | 'stateFile'> {
    const { stateFile } = options;
    return {
      instances: options.elsewhere ?? 6,
      seed: createHash('sha256').update(key).digest().readUInt32BE(),
      stateFile: stateFile === undefined ? undefined : join(dirname(stateFile), `ec2-${key}.json`),
    };
  }

  /** The world that a snapshot to be copied is in: the own account's, else the one whose account has it (and may share it). */
  function neighbour(account: string, region: string, snapshotId = ''): ReturnType<Ec2World['world']> | undefined {
    const candidates = [account, ...[...accounts].filter((one) => one !== account)].flatMap(
      (one) => worldAt(one, region)?.world() ?? [],
    );
    return candidates.find(({ tables }) => tables.snapshot.get(snapshotId) !== undefined) ?? candidates[0];
  }

  const homeWorld = worldAt(home, homeRegion)!;

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const by = signatureOf(request.headers);
    if (by?.service === 'sts') return void sts.handle(request, response, by);
    const place = by === undefined ? undefined : worldOf(by);
    if (place === 'over') return refuse(request, response, 'RequestExpired', 'Request has expired.', 400);
    if (place === 'nobody')
      return refuse(
        request,
        response,
        'AuthFailure',
        'AWS was not able to validate the provided access credentials',
        401,
      );
    // Unsigned, or for a Region that does not exist: the home world says so.
    (place ?? homeWorld).handle(request, response);
  }

  function worldOf(by: Signature): Ec2World | undefined | 'over' | 'nobody' {
    const found = sessionOf(by);
    if (found.kind === 'none') return 'nobody';
    if (found.kind === 'base') return worldAt(home, by.region);
    return sts.isOver(found.session) ? 'over' : worldAt(found.session.account, by.region);
  }

  function placeOf(world: Ec2World | undefined): PlaceHere | undefined {
    if (world === undefined) return undefined;
    const { servers } = world;
    return { key: `${servers.account()}-${servers.region()}`, isHome: world === homeWorld, servers };
  }

  const places: Places = {
    at: ({ account = home, region = homeRegion }) => placeOf(worldAt(account, region)),
    signedFor: ({ headers }) => {
      const by = signatureOf(headers);
      const found = by === undefined ? undefined : worldOf(by);
      return typeof found === 'string' ? found : placeOf(found);
    },
  };

  function faults(input: unknown): ControlAnswer {
    const { account, region, sts: forSts, ...rest } = isRecord(input) ? input : {};
    const world = worldAt(wordOf(account, home), wordOf(region, homeRegion));
    if (world === undefined) return { status: 404, body: { error: noSuchPlace() } };
    if (isRecord(input) && input['clear'] === true) sts.clear();
    if (forSts === undefined) return world.faults(isRecord(input) ? rest : input);
    const asked = StsFaults.safeParse(forSts);
    if (!asked.success)
      return {
        status: 400,
        body: {
          error: `sts: ${asked.error.issues[0]?.message ?? 'cannot be read'}. Send for example {"sts": {"expire": true}}.`,
        },
      };
    const answer = sts.faults(asked.data);
    return Object.keys(rest).length === 0 ? answer : world.faults(rest);
  }

  function noSuchPlace(): string {
    return `There is no such account or Region. Accounts: ${[...accounts].join(', ')}; Regions: ${regions.join(', ')}.`;
  }

  return {
    handle,
    places,
    servers: homeWorld.servers,
    dump: ({ account, region } = {}) => {
      const world = worldAt(account ?? home, region ?? homeRegion);
      return world === undefined ? { error: noSuchPlace() } : { ...asObject(world.dump()), sts: sts.dump() as Json };
    },
    faults,
    onChange: (listener) => {
      listeners.push(listener);
      for (const world of worlds.values()) world.onChange(listener);
    },
    close: async () => void (await Promise.all([...worlds.values()].map((world) => world.close()))),
  };
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  code: string,
  message: string,
  status: number,
): void {
  const requestId = randomUUID();
  request.resume();
  request.once('end', () => send(response, status, errorDocument(code, message, requestId), requestId));
}

function isRecord(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function asObject(value: Json): Record<string, Json> {
  return value as Record<string, Json>; // what a world dumps
}

function wordOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : value === undefined ? otherwise : '';
}
