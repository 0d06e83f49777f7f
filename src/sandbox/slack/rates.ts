/** Calls per minute and how many may come at once. */
export type Rate = { perMinute: number; burst: number };

/** Slack counts in windows of a minute and tolerates short bursts; how short, it does not say.
 *  Source: https://docs.slack.dev/apis/web-api/rate-limits */
export const rates = {
  /** One message a second and channel. */
  posting: { perMinute: 60, burst: 5 },
  tier2: { perMinute: 20, burst: 10 },
  tier3: { perMinute: 50, burst: 20 },
  tier4: { perMinute: 100, burst: 40 },
  free: { perMinute: Infinity, burst: Infinity },
} as const satisfies Record<string, Rate>;

export type Limiter = {
  /** Seconds to wait, or 0 when the call may pass; a call that may not pass costs nothing. */
  take: (key: string, rate: Rate) => number;
  /** Multiplies every rate; 'off' lets everything pass. */
  scale: (factor: number | 'off') => void;
};

/** One token bucket per key. */
export function createLimiter(now: () => number): Limiter {
  const buckets = new Map<string, { tokens: number; at: number }>();
  let factor: number | 'off' = 1;
  return {
    take: (key, rate) => {
      if (factor === 'off' || !Number.isFinite(rate.burst)) return 0;
      const perMs = (rate.perMinute * factor) / 60_000;
      const most = Math.max(1, rate.burst * factor);
      const at = now();
      const before = buckets.get(key);
      const tokens = before === undefined ? most : Math.min(most, before.tokens + Math.max(0, at - before.at) * perMs);
      const passes = tokens >= 1;
      buckets.set(key, { tokens: passes ? tokens - 1 : tokens, at });
      return passes ? 0 : Math.max(1, Math.ceil((1 - tokens) / perMs / 1_000));
    },
    scale: (to) => {
      factor = to;
      buckets.clear();
    },
  };
}
