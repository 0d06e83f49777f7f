import type { Initialization, Snapshot, Volume } from './model.ts';
import { invalid, Problem } from './problems.ts';
import { exists, type World } from './world.ts';

/** How the blocks of a new volume come from its snapshot.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html */

const leastRate = 100;
const mostRate = 300;
/** MiB/s together in a Region, unless the sandbox is told otherwise. */
export const usualRateQuota = 5_000;
/** MiB/s without a rate of one's own; AWS promises none. */
const unpromisedRate = 40;
const mebibyte = 2 ** 20;

/** Bytes of all blocks of a snapshot, as if four tenths of the volume had been written to. */
export function fullBytes({ sizeGiB }: Pick<Snapshot, 'sizeGiB'>): number {
  return Math.floor(sizeGiB * 0.4 * 2 ** 30);
}

/** Throws for a rate that AWS does not offer, or that is more than the quota has left; else a credit of fast restore may be spent. */
export function initializationOf(
  world: World,
  of: { snapshot: Snapshot | undefined; zone: string; rate: number | undefined; readyAt: number; quota: number },
): Pick<Volume, 'initialization' | 'fastRestored'> {
  const { snapshot, rate, readyAt } = of;
  if (rate !== undefined) checkRate(world, of.snapshot, rate, of.quota);
  if (snapshot === undefined) return {};
  if (rate === undefined && spendCredit(world, snapshot, of.zone)) return { fastRestored: true };
  const takes = (fullBytes(snapshot) / mebibyte / (rate ?? unpromisedRate)) * world.pace.mebibyte;
  return { initialization: { since: readyAt, doneAt: readyAt + takes, ...(rate === undefined ? {} : { rate }) } };
}

/**
 * One volume at full speed for each credit. A snapshot earns up to ten an hour in a zone, fewer the larger it is, and keeps no
 * more than that. Source: https://docs.aws.amazon.com/ebs/latest/userguide/volume-creation-credits.html
 */
function spendCredit(world: World, snapshot: Snapshot, zone: string): boolean {
  const { fastRestores = [], sizeGiB } = snapshot;
  const here = fastRestores.find((one) => one.zone === zone);
  if (here === undefined) return false;
  const perHour = Math.min(10, 1_024 / sizeGiB);
  const at = world.now();
  const earned = here.credits + ((at - here.at) / world.pace.creditHour) * perHour;
  const credits = Math.min(Math.max(1, Math.floor(perHour)), earned) - 1;
  if (credits < 0) return false;
  const next = fastRestores.map((one) => (one === here ? { zone, credits, at } : one));
  world.tables.snapshot.put({ ...snapshot, fastRestores: next });
  return true;
}

function checkRate(world: World, snapshot: Snapshot | undefined, rate: number, quota: number): void {
  if (snapshot === undefined) throw invalid('A volume initialization rate needs a snapshot to initialize from.');
  if (rate < leastRate || rate > mostRate)
    throw invalid(`The volume initialization rate must be between ${leastRate} and ${mostRate} MiB/s.`);
  const now = world.now();
  const used = world.tables.volume
    .all()
    .filter(
      (one) => exists(world, 'volume', one) && one.initialization !== undefined && now < one.initialization.doneAt,
    )
    .reduce((sum, { initialization }) => sum + (initialization?.rate ?? 0), 0);
  if (used + rate > quota)
    throw new Problem(
      'VolumeInitializationRateLimitExceeded',
      `You have exceeded your cumulative volume initialization rate quota of ${quota} MiB/s in this region.`,
    );
}

/** Percent and seconds left as volume status tells them: some time behind. Undefined = nothing to bring, or all there. */
export function progressOf(
  { pace }: Pick<World, 'pace'>,
  { since, doneAt, rate }: Initialization,
  now: number,
): { type: string; progress: number; secondsLeft?: number } | undefined {
  const seenAt = since + Math.floor(Math.max(0, now - since) / pace.volumeStatus) * pace.volumeStatus;
  if (seenAt >= doneAt) return undefined;
  const progress = Math.min(99, Math.floor(((seenAt - since) / (doneAt - since)) * 100));
  if (rate === undefined) return { type: 'default', progress };
  return { type: 'provisioned-rate', progress, secondsLeft: Math.ceil((doneAt - seenAt) / 1_000) };
}
