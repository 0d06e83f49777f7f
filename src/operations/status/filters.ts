import { Refusal } from '#errors.ts';
import { durationMs } from '#lib/duration.ts';
import type { Selector } from '#lib/selector.ts';
import { distance } from '#lib/targets.ts';
import type { Words } from '#lib/words.ts';

import { type Search, type Sorting, sortings } from './inventory.ts';

const example = '/fleet type=t3.* az=us-east-1a older=90d state=stopped';
const known =
  'There is: `type=`, `az=`, `state=` (with `*` and `?`), `older=90d`, `newer=2h`, `unattached`, `unencrypted`, `no-backup 26h`, `untagged=owner`, ' +
  `\`sort=${sortings.join('|')}\`, \`--csv\`; tags such as \`env=prod\`, or \`tag:type=…\` for a tag that is named like a filter. For example: \`${example}\`.`;
const keys = ['type', 'az', 'state', 'older', 'newer', 'untagged', 'sort'] as const;
const bare = ['unattached', 'unencrypted', 'no-backup'] as const;

/**
 * Takes what filters out of the typed words; what is left selects. `search` is undefined when there is no filter at all.
 * Throws Refusal "bad-input" that names every filter, on an unknown flag, comparison, value, or a misspelt filter.
 */
export function readFilters(words: Words): { rest: readonly string[]; search: Search | undefined } {
  const flag = Object.keys(words.flags).find((name) => name !== 'csv');
  if (flag !== undefined) throw unknown(`--${flag}`);
  if (words.flags['csv']) throw refuse(`\`--csv\` takes no value; put it at the end.`);
  const search: Search = words.flags['csv'] === undefined ? {} : { csv: true };
  const rest: string[] = [];
  for (let at = 0; at < words.plain.length; at++) {
    const word = words.plain[at]!;
    const [key, value] = halves(word);
    if (word.startsWith('tag:') && value !== undefined) rest.push(word.slice('tag:'.length));
    else if (value !== undefined && isKey(key)) Object.assign(search, filterOf(key, value));
    else if (word === 'unattached' || word === 'unencrypted') search[word] = true;
    else if (key === 'no-backup') {
      const next = value ?? words.plain[at + 1];
      const isAge = next !== undefined && durationMs(next) !== undefined;
      search.noBackupMs = value !== undefined || isAge ? age('no-backup', next ?? '') : 0;
      if (value === undefined && isAge) at++;
    } else {
      if (isMisspelt(word)) throw unknown(word);
      rest.push(word);
    }
  }
  return { rest, search: Object.keys(search).length === 0 ? undefined : search };
}

const states = ['running', 'stopped', 'stopping', 'pending', 'terminated', 'available', 'in-use'];

/** The filter that a name, or a tag, of a selector looks like: `stopped`, `us-east-1a`, `t3.micro`, `stat=stopped`. Pure. */
export function filterMeant({ names, tags }: Pick<Selector, 'names' | 'tags'>): string | undefined {
  for (const [key, value] of Object.entries(tags)) {
    const near = keys.find((name) => name !== 'sort' && distance(name, key.toLowerCase()) === 1);
    if (near !== undefined) return `${near}=${cut(value)}`;
  }
  for (const name of names) {
    const word = name.toLowerCase();
    const state = states.find((one) => distance(one, word) <= (one.length > 6 ? 2 : 1));
    if (state !== undefined) return `state=${state}`;
    if (/^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/.test(word)) return `az=${word}`;
    if (/^[a-z]{1,3}\d[a-z\d-]*\.[\da-z*-]+$/.test(word)) return `type=${word}`;
  }
  return undefined;
}

/** The filters as a person would type them. */
export function describeSearch(of: Search): string {
  const ms = (name: string, value: number | undefined) => (value === undefined ? [] : [`${name}=${short(value)}`]);
  const text = (name: string, value: string | undefined) => (value === undefined ? [] : [`${name}=${value}`]);
  return [
    ...text('type', of.type),
    ...text('az', of.zone),
    ...text('state', of.state),
    ...ms('older', of.olderMs),
    ...ms('newer', of.newerMs),
    ...(of.unattached === true ? ['unattached'] : []),
    ...(of.unencrypted === true ? ['unencrypted'] : []),
    ...(of.noBackupMs === undefined ? [] : of.noBackupMs === 0 ? ['no-backup'] : [`no-backup ${short(of.noBackupMs)}`]),
    ...text('untagged', of.untagged),
    ...text('sort', of.sort),
  ].join(' ');
}

function filterOf(key: (typeof keys)[number], value: string): Search {
  if (value === '') throw refuse(`\`${key}=\` needs a value.`);
  switch (key) {
    case 'type':
      return { type: value };
    case 'az':
      return { zone: value };
    case 'state':
      return { state: value };
    case 'untagged':
      return { untagged: value };
    case 'older':
      return { olderMs: age(key, value) };
    case 'newer':
      return { newerMs: age(key, value) };
    case 'sort':
      if (!(sortings as readonly string[]).includes(value)) throw refuse(`Nothing is sorted by \`${cut(value)}\`.`);
      return { sort: value as Sorting };
  }
}

function age(name: string, value: string): number {
  const ms = durationMs(value);
  if (ms === undefined) throw refuse(`\`${name}\` takes an age with its unit (m, h or d), not \`${cut(value)}\`.`);
  return ms;
}

function isKey(word: string): word is (typeof keys)[number] {
  return (keys as readonly string[]).includes(word);
}

/** `age>90d`, `unattatched`; the Name of a server can always be written `Name=…`. */
function isMisspelt(word: string): boolean {
  if (/^[a-z-]+[<>]/.test(word)) return true;
  return !word.includes('=') && bare.some((name) => distance(name, word.toLowerCase()) <= 2);
}

function halves(word: string): [key: string, value: string | undefined] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function short(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000}d`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`;
}

function unknown(word: string): Refusal {
  const plain = word.replace(/^--/, '').toLowerCase();
  const near = [...bare, ...keys, 'csv'].filter((name) => distance(name, plain.split(/[<>=]/)[0] ?? '') <= 2);
  const close = near.toSorted((a, b) => distance(a, plain) - distance(b, plain))[0];
  const meant = close === undefined ? '' : ` Did you mean \`${shownAs(close)}\`?`;
  return refuse(`\`${cut(word)}\` is no filter of \`/fleet\`.${meant}`);
}

function shownAs(name: string): string {
  return name === 'csv' ? '--csv' : isKey(name) ? `${name}=…` : name;
}
function refuse(what: string): Refusal {
  return new Refusal('bad-input', `${what} ${known}`);
}
function cut(word: string): string {
  return word.slice(0, 60).replaceAll('`', '');
}
