import { z } from 'zod';

import type { Settings } from '#ports/settings.ts';
import type { Slo } from '#ports/site-settings.ts';

import { cron, duration, flag, section, timezone } from './fields.ts';

/** `history` and the promises of sites. */
export const history = section({
  hours: duration('2d', '400d').prefault('35d').describe('How long the hours of each site are kept'),
  days: duration('90d', '3650d').prefault('730d').describe('How long its days are kept'),
});

export function toHistory({ hours, days }: z.output<typeof history>): Settings['history'] {
  return { hoursMs: hours, daysMs: days };
}

export const siteReport = section({
  enabled: flag().default(true).describe('Post the week of the sites, in each channel where their alerts go'),
  cron: cron.default('0 9 * * 1').describe('When'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
});

const percent = (least: number, most: number) => {
  const error = `Expected a number of percent from ${least} to ${most}, such as 99.9.`;
  return z.number({ error }).min(least, { error }).max(most, { error });
};

export const slo = section({
  target: percent(50, 99.999).describe('Percent of the judged time that it is up'),
  window: duration('1d', '90d').prefault('30d').describe('The time it is about'),
  latency: section({
    under: duration('1ms', '2m').describe('So quick'),
    share: percent(50, 99.99).describe('are this many percent of its good answers'),
  }).optional(),
});

export function toSlo({ target, window, latency }: z.output<typeof slo>): Slo {
  return {
    target,
    windowMs: window,
    latency: latency === undefined ? undefined : { underMs: latency.under, share: latency.share },
  };
}
