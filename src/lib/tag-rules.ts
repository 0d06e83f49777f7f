import { RE2JS } from 're2js';

import type { Tags } from '#ports/cloud.ts';
import type { TagKeyRule, TagRule } from '#ports/settings.ts';

import { ourPrefix } from './tags.ts';

export type TagFault = 'missing' | 'not allowed';

const compiled = new Map<string, RE2JS>();

/** What is wrong with the value of a key; undefined = nothing. A blank value is missing. Linear in the value (RE2). */
export function tagFault(tags: Tags, key: string, rule: TagKeyRule): TagFault | undefined {
  const value = Object.hasOwn(tags, key) ? (tags[key] ?? '') : '';
  if (value.trim() === '') return 'missing';
  return isAllowed(value, rule) ? undefined : 'not allowed';
}

export function isAllowed(value: string, { values, pattern }: TagKeyRule): boolean {
  if (values !== undefined && !values.includes(value)) return false;
  return pattern === undefined || patternOf(pattern).matcher(value).find();
}

/** `env (prod, staging)`, for messages. */
export function describeKey(key: string, { values, pattern }: TagKeyRule): string {
  return `${key}${values === undefined ? '' : ` (${values.join(', ')})`}${pattern === undefined ? '' : ` (${pattern})`}`;
}

/** The tags of a rule that a thing lacks and `from` has in order: what may be passed on without overwriting. Pure. */
export function passedOn(rule: Pick<TagRule, 'keys'>, from: Tags, to: Tags): Record<string, string> {
  const keys = Object.entries(rule.keys).filter(
    ([key, of]) => !Object.hasOwn(to, key) && tagFault(from, key, of) === undefined,
  );
  return Object.fromEntries(keys.map(([key]) => [key, from[key] ?? '']));
}

/**
 * The tags of a rule that a thing has with another value than `from`, both in order: what somebody has changed at one of them
 * only. The values of `from`. Pure.
 */
export function differing(rule: Pick<TagRule, 'keys'>, from: Tags, to: Tags): Record<string, string> {
  const keys = Object.entries(rule.keys).filter(
    ([key, of]) =>
      tagFault(from, key, of) === undefined && tagFault(to, key, of) === undefined && from[key] !== to[key],
  );
  return Object.fromEntries(keys.map(([key]) => [key, from[key] ?? '']));
}

/** What all servers of a disk agree on. Pure. */
export function agreed(all: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => others.every((one) => one[key] === value)));
}

/** Keys of AWS and of Deckhand are nobody's to require. */
export function isReservedKey(key: string): boolean {
  const lower = key.toLowerCase();
  return lower.startsWith('aws:') || lower.startsWith(ourPrefix);
}

function patternOf(pattern: string): RE2JS {
  const known = compiled.get(pattern) ?? RE2JS.compile(pattern);
  compiled.set(pattern, known);
  return known;
}
