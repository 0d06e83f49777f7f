import { Refusal } from '#errors.ts';
import type { Place } from '#ports/cloud.ts';
import type { Where } from '#ports/clouds.ts';
import type { Account, Settings } from '#ports/settings.ts';

import type { Words } from './words.ts';

/** What was typed after `--account` and `--region`. Plain JSON. */
export type Wanted = { account?: string; region?: string };

/** A place that can be worked in, and the way in. */
export type Seat = Place & Pick<Account, 'role' | 'externalId'>;

/** Takes `--account` and `--region` out of a typed line; what is left is for the operation. Throws Refusal "bad-input" on one without a value. */
export function takePlace(words: Words): { wanted: Wanted; words: Words } {
  const { account, region, ...flags } = words.flags;
  for (const [name, value] of Object.entries({ account, region }))
    if (value === '')
      throw new Refusal(
        'bad-input',
        `\`--${name}\` needs a value, for example \`${name === 'account' ? '--account staging' : '--region us-west-2'}\`.`,
      );
  return {
    wanted: { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) },
    words: { ...words, flags },
  };
}

/** The account that is meant when none is named; undefined = the one of the base credentials, which is not in the list. */
export function homeAccount({ accounts, home }: Pick<Settings['aws'], 'accounts' | 'home'>): Account | undefined {
  return accounts.find((one) => (home === undefined ? one.role === undefined : one.name === home));
}

/** Every place of the settings, home first. `region`: AWS_REGION. The region of home is '' where only the SDK knows it. */
export function seatsOf(aws: Settings['aws'], region: string | undefined): readonly Seat[] {
  const home = homeAccount(aws);
  const first: Seat = {
    ...(home === undefined ? { account: '', role: undefined, externalId: undefined } : seatOf(home)),
    region: region ?? aws.region ?? home?.regions[0] ?? '',
  };
  const others = aws.accounts.flatMap((one) => one.regions.map((region): Seat => ({ ...seatOf(one), region })));
  return [first, ...others.filter((one) => one.account !== first.account || one.region !== first.region)];
}

function seatOf({ id, name, role, externalId }: Account): Omit<Seat, 'region'> {
  return { account: id, name, role, externalId };
}

/** The seat (or place) of what stands in an order; '' means home's. Undefined when it is none of these (any more). */
export function seatAt<P extends Place>(seats: readonly P[], where: Where): P | undefined {
  const [home] = seats;
  const account = where.account === '' ? home?.account : where.account;
  const region = where.region === '' ? home?.region : where.region;
  return seats.find((one) => one.account === account && one.region === region);
}

/**
 * The places that are meant by what was typed, in the order of `places`: home when nothing was; without a Region, home's
 * own or the first of the account; `all` for each. Throws Refusal "bad-input" that lists what there is.
 */
export function choosePlaces<P extends Place>(places: readonly P[], wanted: Wanted): readonly P[] {
  const [home] = places as readonly [P, ...P[]];
  const account = wanted.account?.toLowerCase();
  const region = wanted.region?.toLowerCase();
  if (account === undefined && region === undefined) return [home];
  const inAccount = account === 'all' ? places : accountNamed(places, account ?? home.name ?? home.account);
  if (inAccount.length === 0)
    throw new Refusal(
      'bad-input',
      `\`${short(wanted.account)}\` is no account that Deckhand works in. ${known(places)}`,
    );
  if (region === 'all') return inAccount;
  if (region === undefined) return firstOfEach(inAccount);
  const found = inAccount.filter((one) => one.region === region);
  if (found.length === 0)
    throw new Refusal(
      'bad-input',
      `Deckhand does not work in ${where(account, inAccount)} Region \`${short(wanted.region)}\`. ${known(places)}`,
    );
  return found;
}

/** The places of an account by its id or name; none when there is no such account. */
export function accountNamed<P extends Place>(places: readonly P[], word: string): readonly P[] {
  return places.filter(({ account, name }) => account === word || name === word.toLowerCase());
}

function firstOfEach<P extends Place>(places: readonly P[]): readonly P[] {
  return places.filter((one, at) => places.findIndex(({ account }) => account === one.account) === at);
}

function where(account: string | undefined, found: readonly Place[]): string {
  if (account === 'all') return 'any account in the';
  return found[0]?.name === undefined ? 'the' : `account ${found[0].name} in the`;
}

function known(places: readonly Place[]): string {
  const accounts = Map.groupBy(places, ({ name, account }) => name ?? (account === '' ? 'home' : account));
  const list = [...accounts].map(([name, of]) => `${name} (${of.map(({ region }) => region || 'default').join(', ')})`);
  return `There is: ${list.slice(0, 20).join('; ')}${list.length > 20 ? '; …' : ''}. An admin adds more under \`aws.accounts\` in deckhand.yml.`;
}

function short(word = ''): string {
  return word.slice(0, 60).replaceAll('`', '');
}

/** `staging (210987654321) · us-west-2`, with the endpoint where calls do not go to AWS. */
export function placeLabel({ account, name, region, endpoint }: Place & { endpoint?: string }): string {
  const owner = name === undefined ? account : account === '' ? name : `${name} (${account})`;
  return [owner, region, endpoint].filter((part) => part !== undefined && part !== '').join(' · ');
}

/** ` · staging us-west-2` behind a line of a list; '' for home. */
export function elsewhere(where: Where | undefined, places: readonly Place[]): string {
  const [home] = places;
  if (where === undefined || (where.account === home?.account && where.region === home.region)) return '';
  const name = places.find(({ account }) => account === where.account)?.name ?? where.account;
  return ` · ${`${name} ${where.region}`.trim()}`;
}

/** What leads to a place when typed after a command; '' for home. */
export function placeFlags(place: Place, places: readonly Place[]): string {
  const [home] = places;
  if (home === undefined || (place.account === home.account && place.region === home.region)) return '';
  const account = place.account === home.account ? '' : ` --account ${place.name ?? place.account}`;
  return `${account} --region ${place.region}`;
}
