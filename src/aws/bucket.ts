import type { ApiRate as Rate } from '#ports/settings.ts';

/**
 * A token bucket that shrinks when AWS throttles and grows back slowly. Instants are monotonic milliseconds. Tokens may
 * be negative: one call that needs more than the bucket can ever hold is let through a full bucket and paid off later.
 */
export type Bucket = {
  readonly tokens: number;
  readonly at: number;
  /** Part of the rate in use, `smallestFactor`–1. */
  readonly factor: number;
  readonly throttledAt: number;
};

/** Halving stops here, so that an action never dries up altogether. */
export const smallestFactor = 0.1;
/** Sums of fractions fall a little short of whole tokens. */
const roundingError = 1e-6;
/** From nothing back to the full rate; a throttled account recovers its own buckets within seconds, others' load does not. */
const growMs = 300_000;
/** Calls that were in flight together are throttled together: they count as one. */
const sameThrottleMs = 1_000;
/** A second throttle so soon says that the rate itself is too high; a single one only that the bucket held less than we thought. */
const againMs = 30_000;

export function fullBucket(rate: Rate, now: number): Bucket {
  return { tokens: capacityOf(rate, 1), at: now, factor: 1, throttledAt: -Infinity };
}

/** The bucket as it is at `now`. Tokens come at the rate of the past, before it grew: never too many. */
export function fill(bucket: Bucket, rate: Rate, now: number): Bucket {
  const elapsed = Math.max(0, now - bucket.at);
  const factor = Math.min(1, bucket.factor + elapsed / growMs);
  const tokens = bucket.tokens + (elapsed / 1_000) * rate.perSecond * bucket.factor;
  return { ...bucket, at: bucket.at + elapsed, factor, tokens: Math.min(capacityOf(rate, factor), tokens) };
}

/** Milliseconds until `need` tokens can be taken from a filled bucket; 0 = now. */
export function waitFor(bucket: Bucket, rate: Rate, need: number): number {
  const missing = Math.min(need, capacityOf(rate, bucket.factor)) - bucket.tokens;
  if (missing <= roundingError) return 0;
  const waitMs = (missing / (rate.perSecond * bucket.factor)) * 1_000;
  return Math.max(1, Math.ceil(waitMs - roundingError));
}

export function take(bucket: Bucket, need: number): Bucket {
  return { ...bucket, tokens: bucket.tokens - need };
}

/** AWS said "too many": nothing is left, so we count from nothing as well; when that was not enough, the rate is halved. */
export function shrink(bucket: Bucket, now: number): Bucket {
  const tokens = Math.min(0, bucket.tokens);
  const since = now - bucket.throttledAt;
  if (since < sameThrottleMs) return { ...bucket, tokens };
  const factor = since > againMs ? bucket.factor : Math.max(smallestFactor, bucket.factor / 2);
  return { ...bucket, tokens, factor, throttledAt: now };
}

/** At least one token, or nothing would ever fit. */
export function capacityOf(rate: Rate, factor: number): number {
  return Math.max(1, rate.capacity * factor);
}
