import ipaddr from 'ipaddr.js';
import { validate as isCron } from 'node-cron';
import { z } from 'zod';

import { isRefusal } from '#errors.ts';
import { durationMs, durationPattern } from '#lib/duration.ts';
import { readSelector } from '#lib/selector.ts';
import type { PortRange } from '#lib/web-ports.ts';
import { readWords } from '#lib/words.ts';
import { InstanceId } from '#ports/ids.ts';

/** The kinds of values in deckhand.yml. Every message says what was expected, so that it can stand in an error as it is. */

/** A time with its unit, in bounds (both may be reached); ms inside. */
export function duration(least: string, most: string) {
  const error = `Expected a time from ${least} to ${most}, with its unit: ms, s, m, h or d (\`30s\`, \`5m\`, \`4h\`, \`7d\`).`;
  const [from, to] = [durationMs(least) ?? 0, durationMs(most) ?? 0];
  return z
    .string({ error })
    .refine((text) => (durationMs(text) ?? -1) >= from && (durationMs(text) ?? Infinity) <= to, { error })
    .transform((text) => durationMs(text) ?? 0)
    .meta({ pattern: durationPattern });
}

/** A whole number in bounds (both may be reached). */
export function whole(least: number, most: number) {
  const error = `Expected a whole number from ${least} to ${most}.`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export function flag() {
  return z.boolean({ error: 'Expected true or false.' });
}

/** A line of words, not empty. */
export function text(most: number) {
  const error = `Expected a line of text, 1 to ${most} characters.`;
  return z.string({ error }).min(1, { error }).max(most, { error });
}

export function matching(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error });
}

/** Fields with fixed names; others are refused. */
export function section<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'Expected fields, one per line: `name: value`, indented.' : undefined,
  });
}

export function list<T extends z.ZodType>(item: T, most: number) {
  return z
    .array(item, { error: 'Expected a list: `[one, two]`, or one item per line, each after `- `.' })
    .max(most, { error: `Expected at most ${most} items.` });
}

/** Names that things of a list are kept under. `of`: what it names, for the message. */
export function name(example: string) {
  return matching(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    `Expected a short name of small letters, digits and dashes, such as ${example} (at most 40).`,
  );
}

/** A list in which every item has a name of its own. */
export function named<T extends z.ZodType>(item: T, most: number, each: string) {
  return list(item, most).refine((all) => repeated(all).length === 0, {
    // Also when an item has other faults, so that all are told at once.
    when: ({ value }) => Array.isArray(value),
    error: ({ input }) =>
      `Expected a name of its own for each ${each}; more than once there is: ${repeated(input).join(', ')}.`,
  });
}

function repeated(all: unknown): readonly string[] {
  const names = (Array.isArray(all) ? all : []).map((one: { name?: unknown } | null | undefined) => one?.name);
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const name of names) {
    if (typeof name !== 'string') continue;
    if (seen.has(name)) again.add(name);
    seen.add(name);
  }
  return [...again];
}

/** Slack ids. Source: https://docs.slack.dev/reference/objects (U or W people, S user groups, C or G channels). */
export const userId = matching(
  /^[UW][A-Z0-9]{2,30}$/,
  'Expected a Slack user id such as U012AB3CD: in Slack, open the profile > ⋮ > Copy member ID. Names change, ids do not.',
);
export const groupId = matching(
  /^S[A-Z0-9]{2,30}$/,
  'Expected a Slack user group id such as S012AB3CD: in Slack, open the group > ⋮ > Copy group ID.',
);
export const channelId = matching(
  /^[CG][A-Z0-9]{2,30}$/,
  'Expected a Slack channel id such as C012AB3CD: in Slack, open the channel details; the id is at the bottom. Names change, ids do not.',
);

export const cron = z
  .string({ error: cronError() })
  .refine(isCron, { error: cronError() })
  .meta({ examples: ['*/5 * * * *', '0 9 * * 1-5'] });

function cronError(): string {
  return 'Expected a cron line of five fields (minute hour day month weekday; six with seconds first), quoted: `"0 9 * * 1-5"`.';
}

export const timezone = z.string({ error: timezoneError() }).refine(isTimezone, { error: timezoneError() });

function timezoneError(): string {
  return 'Expected a time zone of the IANA list such as UTC, Europe/Berlin or America/New_York.';
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** http and https, no credentials in it. */
export const webAddress = z
  .string({ error: addressError() })
  .max(2_000, { error: addressError() })
  .refine(isWebAddress, { error: addressError() });

function addressError(): string {
  return 'Expected an http or https address such as https://shop.example.com/health, without a user name or password in it.';
}

function isWebAddress(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.username + url.password === '';
}

/** One host name, one address, or one network (no wider than a /8, or a /7 of IPv6: `0.0.0.0/0` would allow everything). */
export const privateTarget = z
  .string({ error: targetError() })
  .refine((value) => isHost(value) || isNetwork(value), { error: targetError() });

function targetError(): string {
  return 'Expected a host (intranet.example.com), an address (10.0.3.7) or a network (10.0.0.0/8, at the widest /8).';
}

function isHost(value: string): boolean {
  if (ipaddr.isValid(value)) return ipaddr.IPv6.isValid(value) || ipaddr.IPv4.isValidFourPartDecimal(value);
  return (
    /^(?=.{1,253}$)(?!.*\.\d+$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(value) &&
    !/^\d+$/.test(value)
  );
}

function isNetwork(value: string): boolean {
  if (!ipaddr.isValidCIDR(value)) return false;
  const [address, bits] = ipaddr.parseCIDR(value);
  return bits >= (address.kind() === 'ipv4' ? 8 : 7);
}

const portError = 'Expected a port from 1 to 65535, or several as `8000-8999`.';

/** One port or several in a row; both ends inside. */
export const ports = z
  .union([portNumber(), matching(/^\d{1,5}-\d{1,5}$/, portError)], { error: portError })
  .transform((value): PortRange => {
    const [from = 0, to = from] = String(value).split('-').map(Number);
    return [from, to];
  })
  .refine(([from, to]) => from >= 1 && from <= to && to <= 65_535, { error: portError });

function portNumber() {
  return z.int({ error: portError }).min(1, { error: portError }).max(65_535, { error: portError });
}

/** Servers and disks, as typed after `/snapshot`. */
export const selector = text(1_000).superRefine((line, context) => {
  try {
    readSelector(readWords(line).plain, 'env=prod role=db');
  } catch (error) {
    if (!isRefusal(error)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** A server by its id alone. */
export const instanceId = z
  .string({ error: instanceError() })
  .refine((value): value is InstanceId => InstanceId.safeParse(value).success, { error: instanceError() });

function instanceError(): string {
  return 'Expected an instance id: i- and 8 or 17 digits of 0-9 and a-f.';
}

/** A server by id or Name; what begins like an id must be one. */
export const server = text(256).refine((value) => !/^i-[0-9a-f]*$/.test(value) || InstanceId.safeParse(value).success, {
  error: 'Expected an instance id (i- and 8 or 17 digits of 0-9 and a-f) or the Name of a server.',
});

export const region = matching(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'Expected an AWS Region such as us-east-1.');

/** `2026-12-01T22:00`: a date and a time on the clocks of a time zone that stands beside it. */
export const localTime = z
  .string({ error: localTimeError() })
  .refine((value) => Number.isFinite(instantIn(value, 'UTC')), { error: localTimeError() });

function localTimeError(): string {
  return 'Expected a date and a time without time zone, quoted: `"2026-12-01T22:00"`.';
}

/** Epoch ms of a local time in a zone. One that is skipped when clocks change counts as an hour later; NaN when unreadable. */
export function instantIn(local: string, zone: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local)) return Number.NaN;
  const asUtc = Date.parse(`${local}Z`);
  // The offset at the first guess, and once more at the corrected one, since it may lie on the other side of a change.
  const guess = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(guess, zone);
}

function offsetMs(at: number, zone: string): number {
  if (!Number.isFinite(at)) return Number.NaN;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - at;
}
