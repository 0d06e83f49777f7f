import { z } from 'zod';

import { isRefusal, Refusal } from '#errors.ts';
import { backupsOf } from '#lib/backups.ts';
import { lastDrills } from '#lib/drills.ts';
import { describeSelector, readSelector, type Selector } from '#lib/selector.ts';
import { findTargets } from '#lib/targets.ts';
import { type Answer, type Asking, defineAnswer } from '#operations/contract.ts';
import type { Cloud, Place } from '#ports/cloud.ts';

import { everywhere, type Seen, seen } from './everywhere.ts';
import { describeSearch, filterMeant, readFilters } from './filters.ts';
import { inventory, inventoryFile } from './inventory-messages.ts';
import { findsDisks, misses, type Search, search, type Stock } from './inventory.ts';
import { answer } from './messages.ts';
import { type Overview, overview } from './overview.ts';

type Args = { selector: Selector; search?: Search };
const StatusArgs = z.custom<Args>((value) => typeof value === 'object' && value !== null && 'selector' in value);
const example = '/fleet web-1';

export const statusOperation = defineAnswer<Args>({
  kind: 'answer',
  name: 'status',
  command: 'fleet',
  summary: 'How servers are, or which servers and disks fit: type, age, state, unattached, unencrypted, without backup',
  usage: '[selector] [filters] [--csv]',
  examples: [
    'all',
    'web-1',
    'env=prod role=db',
    'all --account all --region all',
    'type=t3.* older=90d state=stopped',
    'unattached sort=size --csv',
    'env=prod no-backup 26h',
  ],
  everywhere: true,
  role: 'viewer',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeVolumes', 'ec2:DescribeSnapshots'],
  args: StatusArgs,
  parse(words) {
    const { rest, search: wanted } = readFilters(words);
    const selector = readSelector(rest.length === 0 ? ['all'] : rest, example);
    if (selector.snapshots.length > 0)
      throw new Refusal('bad-input', `Name servers or volumes, not snapshots. For example: \`${example}\`.`);
    return { selector, ...(wanted && { search: wanted }) };
  },
  async answer(asking, args, view) {
    return orHint(args.selector, () => answerTo(asking, args, view));
  },
});

/** What is named like a filter and found nothing was probably meant as one. */
async function orHint(selector: Selector, act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    const meant = filterMeant(selector);
    if (!isRefusal(error) || error.code !== 'not-found' || meant === undefined) throw error;
    throw new Refusal('not-found', `${error.message} Or did you mean \`/fleet ${meant}\`?`, error.data);
  }
}

async function answerTo(asking: Asking, { selector, search: wanted }: Args, view: View): Promise<Answer> {
  if (wanted !== undefined) return find(asking, { selector, search: wanted }, view.page);
  const of = { selector: describeSelector(selector), now: asking.now, ...view };
  const drills = await lastDrills(asking.history);
  if (asking.everywhere.length > 1) {
    const all = await Promise.all(
      asking.everywhere.map(({ place, cloud }) => seen(place, look(cloud, selector, drills))),
    );
    return everywhere(all, {
      ...of,
      places: asking.places,
      command: asking.commandOf({ name: 'status', command: 'fleet' }),
    });
  }
  const found = await look(asking.cloud, selector, drills);
  return answer(found, {
    ...of,
    place: asking.place,
    others: asking.places.length - 1,
    short: asking.cloud.shortOf(),
  });
}
type View = { page: number; details: boolean };

/** Every place side by side; one that cannot be read hides no other. */
async function find(asking: Asking, { selector, search: wanted }: Required<Args>, page: number): Promise<Answer> {
  const stocks = asking.everywhere.map(({ place, cloud }) => ({
    place,
    look: stockOf(place, cloud, selector, wanted),
  }));
  const all: readonly Seen<Stock>[] =
    stocks.length === 1
      ? [{ place: asking.place, found: await stocks[0]!.look }]
      : await Promise.all(stocks.map(({ place, look }) => seen(place, look)));
  const unread = all.flatMap((one) => ('why' in one ? [one] : []));
  const read = all.flatMap((one) => ('found' in one ? [one.found] : []));
  const found = search(read, wanted, asking.now);
  const price = asking.settings.retention.prices.volumeGiBMonth;
  const asked = `${describeSelector(selector)} ${describeSearch(wanted)}`.trim();
  const message = inventory(found, {
    asked,
    search: wanted,
    unread,
    places: all.length,
    price,
    now: asking.now,
    page,
    misses: found.length === 0 ? misses(read, wanted) : [],
  });
  const isExport = wanted.csv === true && found.length > 0;
  return { ...message, ...(isExport && { files: [inventoryFile(found, { search: wanted, price })] }) };
}

async function stockOf(place: Place, cloud: Cloud, selector: Selector, wanted: Search): Promise<Stock> {
  const { instances, volumes } = await findTargets(cloud, selector);
  const snapshots = !findsDisks(wanted) ? [] : await (selector.all ? cloud.snapshots({}) : backupsOf(cloud, volumes));
  return { place, instances, volumes, snapshots };
}

type Drills = Awaited<ReturnType<typeof lastDrills>>;

async function look(cloud: Cloud, selector: Selector, drills: Drills): Promise<Overview> {
  const targets = await findTargets(cloud, selector);
  const everything = selector.all;
  const [health, snapshots] = await Promise.all([
    cloud.health(everything ? undefined : targets.instances.map(({ id }) => id)),
    everything ? cloud.snapshots({}) : backupsOf(cloud, targets.volumes),
  ]);
  return overview(targets, health, snapshots, drills);
}
