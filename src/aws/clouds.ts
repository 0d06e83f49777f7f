import { Refusal } from '#errors.ts';
import { type Seat, seatAt, seatsOf } from '#lib/places.ts';
import { type Clouds, home, type Where, type Work } from '#ports/clouds.ts';
import type { Containers } from '#ports/containers.ts';
import { deckhand } from '#ports/ids.ts';
import type { Platform } from '#ports/platform.ts';
import type { Settings } from '#ports/settings.ts';

import type { BudgetLevel } from './budget.ts';
import { createGround, type Ground } from './caller.ts';
import { type AwsCloud, type CloudOptions, createCloud } from './cloud.ts';
import { createAwsPlatform } from './platform.ts';
import { createSessions, type Session } from './sessions.ts';

export type CloudsOptions = Omit<CloudOptions, 'region' | 'budgetShare' | 'limits' | 'ground' | 'account'> & {
  /** Those of this moment: places come and go with them. The budget share and the API limits are read when a place is first used. */
  settings: () => Settings['aws'];
  /** AWS_REGION. */
  region: string | undefined;
  containers: Containers;
};

export type AwsClouds = Clouds & {
  /** Loads the SDK and the home place's credentials ahead of the first call. Throws Refusal when they are missing. */
  warm: () => Promise<void>;
  /** The API budget per action, for metrics. */
  budgets: () => readonly { account: string; region: string; levels: readonly BudgetLevel[] }[];
  close: () => void;
};

/** Clouds kept, one a place and session; the one unused for longest goes first and is simply made again. */
const mostKept = 300;

/** Not closed when they go: somebody may be in the middle of something with them. */
function createKept<T>() {
  const kept = new Map<string, T>();
  return {
    get: (of: object, make: () => T): T => {
      const key = JSON.stringify(of);
      const found = kept.get(key) ?? make();
      kept.delete(key);
      const [oldest] = kept.keys();
      if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
      kept.set(key, found);
      return found;
    },
    all: () => kept.values(),
  };
}

/**
 * EC2 and EBS of every account and Region in the settings. The base credentials are used as they are where an account has
 * no role, and only assume the role where it has one: a session for each person and run, so that AWS's own log names them.
 */
export function createClouds(options: CloudsOptions): AwsClouds {
  const { settings, region, clock, log, credentials } = options;
  const grounds = new Map<string, { where: Where; ground: Ground }>();
  const kept = createKept<AwsCloud>();
  const platforms = createKept<Omit<Platform, 'containers'>>();
  const seats = () => seatsOf(settings(), region);
  // Keys from the STS of one Region are good in every Region; home's, as it is at the start, is surely enabled.
  const sessions = createSessions({ ...options, region: seats()[0]?.region || undefined });

  function cloudAt(where: Where, work: Work = {}): AwsCloud {
    const { seat, session, ...entry } = entryTo(where, work);
    const ground = groundOf(seat ?? where);
    return kept.get([seat ?? where, session], () => createCloud({ ...options, ...entry, ground }));
  }

  /** Region and credentials of a place, and what is known of its account. */
  function entryTo(where: Where, work: Work) {
    const seat = seatAt(seats(), where);
    const region = (seat ?? where).region || undefined;
    if (seat === undefined)
      return { seat, session: undefined, region, credentials: () => Promise.reject(noPlace(where)) };
    const { account: id, name, role } = seat;
    const session = role === undefined ? undefined : sessionOf(role, seat, work, settings().sourceIdentity);
    return {
      seat,
      session,
      region,
      credentials: session === undefined ? credentials : sessions.keys(session),
      ...(name === undefined ? {} : { account: { id, name, sure: session !== undefined } }),
    };
  }

  function groundOf({ account, region }: Where): Ground {
    const key = `${account}/${region}`;
    const { budgetShare, buckets, accounts } = settings();
    const limits = { ...buckets, ...accounts.find(({ id }) => id === account)?.buckets };
    const known = grounds.get(key) ?? {
      where: { account, region },
      ground: createGround({ clock, log, budgetShare, limits }),
    };
    grounds.set(key, known);
    return known.ground;
  }

  return {
    at: (where, work) => cloudAt(where, work).inLane(work?.lane ?? 'normal', work?.run ?? work?.person),
    places: () => seats().map(({ role: _role, externalId: _externalId, ...place }) => place),
    platform: (where, work = {}) => {
      const { seat, session, region, credentials } = entryTo(where, work);
      const make = () => createAwsPlatform({ ...options, region, credentials });
      return { ...platforms.get([seat ?? where, session], make), containers: options.containers };
    },
    warm: () => cloudAt(home).warm(),
    budgets: () => [...grounds.values()].map(({ where, ground }) => ({ ...where, levels: ground.budget.levels() })),
    close: () => {
      for (const { ground } of grounds.values()) ground.budget.close();
      for (const one of [...kept.all(), ...platforms.all()]) one.close();
      sessions.close();
    },
  };
}

/**
 * As whom a role is assumed. Names hold letters, digits and _+=,.@- only, 2 to 64 of them.
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
function sessionOf(
  role: string,
  { name = '', externalId }: Seat,
  { person, run }: Work,
  tellsPerson: boolean,
): Session {
  const clean = (text: string) => text.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
  const parts = [
    deckhand,
    ...(person === undefined || person === deckhand ? [] : [person]),
    ...(run === undefined ? [] : [run]),
  ];
  return {
    role,
    externalId,
    account: name,
    name: clean(parts.join('.')),
    sourceIdentity: tellsPerson ? clean(person ?? deckhand) : undefined,
  };
}

function noPlace({ account, region }: Where): Refusal {
  return new Refusal(
    'not-offered',
    `Deckhand no longer works in ${account === '' ? 'its own account' : `account ${account}`}, Region ${region}. An admin can add it again under \`aws.accounts\` in deckhand.yml.`,
    { account, region },
  );
}
