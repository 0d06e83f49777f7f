/**
 * What was seen of a site in a stretch of time, in little room: how long it was up, and how long its answers took. Two of
 * them merge into one without any loss, in any order, so minutes make hours and hours make days.
 */
export type Measure = {
  /** Time judged up and down; what is in neither was not judged (maintenance, blind, not checked). ms. */
  upMs: number;
  downMs: number;
  /** Part of `upMs` in which it was degraded. ms. */
  slowMs: number;
  checks: number;
  failed: number;
  /** Good answers by bucket of their response time. */
  buckets: ReadonlyMap<number, number>;
};

/** Each bucket ends a tenth above the one before, so any quantile is within 5 % of the true one (α = (γ-1)/(γ+1)).
 *  Source: Masson, Rim, Lee: DDSketch, VLDB 2019, https://arxiv.org/abs/1908.10693 */
const growth = 1.1;
/** Longest time one check may take by the settings; more is counted as this. */
const longestMs = 120_000;
export const bucketError = (growth - 1) / (growth + 1);

export const nothing: Measure = { upMs: 0, downMs: 0, slowMs: 0, checks: 0, failed: 0, buckets: new Map() };

/** The bucket of a response time. All below 1 ms are one. */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.ceil(Math.log(Math.min(ms, longestMs)) / Math.log(growth) - 1e-9);
}

/** The time that stands for a bucket: within `bucketError` of all in it. */
export function valueOf(bucket: number): number {
  return bucket === 0 ? 1 : (2 * growth ** bucket) / (growth + 1);
}

export function merge(all: Iterable<Measure>): Measure {
  const sum = { upMs: 0, downMs: 0, slowMs: 0, checks: 0, failed: 0 };
  const buckets = new Map<number, number>();
  for (const one of all) {
    sum.upMs += one.upMs;
    sum.downMs += one.downMs;
    sum.slowMs += one.slowMs;
    sum.checks += one.checks;
    sum.failed += one.failed;
    for (const [bucket, count] of one.buckets) buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  }
  return { ...sum, buckets };
}

/** The response time that `part` (0–1) of the good answers did not exceed; undefined without any. ms, within 5 %. */
export function quantile({ buckets }: Measure, part: number): number | undefined {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(part * total));
  let seen = 0;
  const found = sorted.find(([, count]) => (seen += count) >= rank);
  return found === undefined ? undefined : valueOf(found[0]);
}

/** Part (0–1) of the judged time in which it was up; undefined when nothing was judged. */
export function uptime({ upMs, downMs }: Measure): number | undefined {
  return upMs + downMs === 0 ? undefined : upMs / (upMs + downMs);
}

/** Good answers, and those of them that took at most `ms`, to within a bucket. */
export function within({ buckets }: Measure, ms: number): { answers: number; quick: number } {
  const last = bucketOf(ms);
  let [answers, quick] = [0, 0];
  for (const [bucket, count] of buckets) {
    answers += count;
    if (bucket <= last) quick += count;
  }
  return { answers, quick };
}

/** Times are kept to a tenth of a second. */
const tickMs = 100;
const version = 1;

/** As text for the store: about 40 characters for an hour. Safe in any database. */
export function encode(of: Measure): string {
  const { upMs, downMs, slowMs, checks, failed } = of;
  const ticks = [upMs, downMs, slowMs].map((ms) => Math.round(ms / tickMs));
  let before = 0;
  const pairs = [...of.buckets]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([bucket, count]) => {
      const gap = bucket - before;
      before = bucket;
      return [gap, count];
    });
  return Buffer.from([version, ...ticks, checks, failed, ...pairs].flatMap(varint)).toString('base64url');
}

/** What `encode` wrote; undefined for anything else. */
export function decode(text: string): Measure | undefined {
  const [kind, up = 0, down = 0, slow = 0, checks = 0, failed = 0, ...pairs] = varints(Buffer.from(text, 'base64url'));
  if (kind !== version || pairs.length % 2 !== 0) return undefined;
  const buckets = new Map<number, number>();
  let bucket = 0;
  for (let at = 0; at < pairs.length; at += 2) {
    bucket += pairs[at] ?? 0;
    buckets.set(bucket, pairs[at + 1] ?? 0);
  }
  return { upMs: up * tickMs, downMs: down * tickMs, slowMs: slow * tickMs, checks, failed, buckets };
}

/** Seven bits a byte, the least first (LEB128). By division: a month has more tenths than 31 bits hold. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return [...bytes, left];
}

function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, unit] = [0, 1];
  for (const byte of bytes) {
    value += (byte % 128) * unit;
    unit *= 128;
    if (byte >= 128) continue;
    values.push(value);
    [value, unit] = [0, 1];
  }
  return values;
}
