import type { Calendar } from '#ports/clock.ts';
import type { Window } from '#ports/site-settings.ts';

/** Epoch ms. */
export type Span = { since: number; until: number };

/** Which of the windows of deckhand.yml lasts now. Cheap: the newest begin of each cron line is asked once a minute. */
export function createWindows(calendar: Pick<Calendar, 'last'>) {
  const begins = new Map<string, { minute: number; at: number | undefined }>();

  function beginOf({ cron, timezone }: Window & { kind: 'cron' }, now: number): number | undefined {
    const key = `${cron} ${timezone}`;
    const minute = Math.floor(now / 60_000);
    const known = begins.get(key);
    if (known?.minute === minute) return known.at;
    const at = calendar.last({ cron, timezone }, now);
    begins.set(key, { minute, at });
    return at;
  }

  return function spanOf(window: Window, now: number): Span | undefined {
    const since = window.kind === 'once' ? window.from : beginOf(window, now);
    if (since === undefined) return undefined;
    const until = window.kind === 'once' ? window.to : since + window.durationMs;
    return since <= now && now < until ? { since, until } : undefined;
  };
}
