import { count, duration } from './format.ts';
import type { RetentionRules } from './retention.ts';

/** The rules as a sentence: `keep what is younger than 30 d, the newest 7 of each disk, one a day for 7 days`. */
export function describeRules({ olderMs, keep, gfs = {}, timezone }: RetentionRules): string {
  const { days, weeks, months, years } = gfs;
  const calendar = [
    ...(days === undefined ? [] : [`one a day for ${count(days, 'day')}`]),
    ...(weeks === undefined ? [] : [`one a week for ${count(weeks, 'week')}`]),
    ...(months === undefined ? [] : [`one a month for ${count(months, 'month')}`]),
    ...(years === undefined ? [] : [`one a year for ${count(years, 'year')}`]),
  ];
  const parts = [
    ...(olderMs === undefined ? [] : [`what is younger than ${duration(olderMs)}`]),
    ...(keep === undefined ? [] : [`the newest ${keep} of each disk`]),
    ...calendar,
  ];
  const zone = calendar.length > 0 && timezone !== 'UTC' ? ` (days of ${timezone})` : '';
  return `keep ${parts.length === 0 ? 'the newest of each disk' : parts.join(', ')}${zone}`;
}
