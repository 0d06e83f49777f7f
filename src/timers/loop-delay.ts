import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Gap of the samples, ms, which Node counts as part of each. Source: https://nodejs.org/api/perf_hooks.html */
const resolution = 20;

/** How late our event loop was at most in 99 of 100 samples since it was last asked, in whole ms. Costs 50 timers a second. */
export function createLoopDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return () => {
    const ms = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6 - resolution;
    histogram.reset();
    return Math.max(0, Math.round(ms));
  };
}
