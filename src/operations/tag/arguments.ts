import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import { longestKey, longestValue, ourPrefix } from '#lib/tags.ts';
import type { Words } from '#lib/words.ts';
import type { ResourceId } from '#ports/ids.ts';

const Edit = z.object({ set: z.record(z.string(), z.string()), remove: z.array(z.string()) });
export type Edit = z.infer<typeof Edit>;
const isSelector = (value: unknown) => typeof value === 'object' && value !== null;
const isId = (value: unknown) => typeof value === 'string' && /^(i|vol|snap)-/.test(value);

/** Typed: one edit for all that is selected. Rule: what a rule of `tags.required` misses. Exact: an edit of its own for each resource (the undo). */
export const TagArgs = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('select'), selector: z.custom<Selector>(isSelector), edit: Edit }),
  z.object({
    kind: z.literal('rule'),
    rule: z.string(),
    set: z.record(z.string(), z.string()),
    propagate: z.boolean(),
    /** Also in place of a value that is blank or not allowed; with `propagate`: that is another than its server's. */
    replace: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('exact'), edits: z.array(z.object({ id: z.custom<ResourceId>(isId), edit: Edit })) }),
]);
export type TagArgs = z.infer<typeof TagArgs>;

const example = '/tag web-1 owner=platform -old';

/**
 * Reads `<selector> key=value … -key`. Ids, Names and `all` at the start select; so does a leading `key=value`; with the
 * word `set` everything before it selects. Throws Refusal "bad-input".
 */
export function parseTag(words: Words): TagArgs {
  if (words.flags['rule'] !== undefined) return parseRule(words);
  const flag = Object.keys(words.flags)[0];
  if (flag !== undefined)
    throw new Refusal(
      'bad-input',
      `\`--${flag}\` is not understood. To remove a tag write \`-${flag}\`, with one dash. For example: \`${example}\`.`,
    );
  const cut = cutSelector(words.plain);
  const selector = readSelector(words.plain.slice(0, cut.selector), example);
  const changes = words.plain.slice(cut.changes);
  if (changes.length === 0)
    throw new Refusal(
      'bad-input',
      `Say what to change: \`key=value\` sets a tag, \`-key\` removes it. For example: \`${example}\`.`,
    );
  const edit: Edit = { set: {}, remove: [] };
  for (const word of changes) readChange(word, edit);
  const both = edit.remove.find((key) => Object.hasOwn(edit.set, key));
  if (both !== undefined) throw new Refusal('bad-input', `\`${both}\` is both set and removed. Say one of them.`);
  return { kind: 'select', selector, edit };
}

const ruleExample = '/tag --rule billing owner=platform` or `/tag --rule billing --propagate';

/**
 * `--rule NAME key=value …` gives what is missing a value, with `--replace` also what is wrong; `--rule NAME --propagate` the one
 * of its server, with `--replace` also to a disk that has another.
 */
function parseRule({ flags, plain }: Words): TagArgs {
  const { rule = '', propagate, replace, ...others } = flags;
  const [flag] = Object.keys(others);
  if (flag !== undefined || rule === '' || (propagate ?? '') !== '' || (replace ?? '') !== '')
    throw new Refusal(
      'bad-input',
      `${flag === undefined ? '`--rule` takes a name, `--propagate` and `--replace` nothing' : `\`--${flag}\` is not understood`}. For example: \`${ruleExample}\`.`,
    );
  const edit: Edit = { set: {}, remove: [] };
  for (const word of plain) readChange(word, edit);
  if (edit.remove.length > 0)
    throw new Refusal('bad-input', `A rule removes nothing. For example: \`${ruleExample}\`.`);
  if ((propagate !== undefined) === Object.keys(edit.set).length > 0)
    throw new Refusal('bad-input', `Say either \`key=value\` or \`--propagate\`. For example: \`${ruleExample}\`.`);
  return {
    kind: 'rule',
    rule,
    set: edit.set,
    propagate: propagate !== undefined,
    ...(replace !== undefined && { replace: true }),
  };
}

function cutSelector(words: readonly string[]): { selector: number; changes: number } {
  const set = words.indexOf('set');
  if (set > 0) return { selector: set, changes: set + 1 };
  if (words[0]?.includes('=') === true && !words[0].startsWith('Name=')) return { selector: 1, changes: 1 };
  const first = words.findIndex((word) => word.startsWith('-') || (word.includes('=') && !word.startsWith('Name=')));
  const at = first < 0 ? words.length : first;
  return { selector: at, changes: at };
}

function readChange(word: string, edit: Edit): void {
  if (word.startsWith('-')) {
    const key = word.slice(1);
    mustBeKey(key, word);
    edit.remove.push(key);
    return;
  }
  const equals = word.indexOf('=');
  if (equals < 0)
    throw new Refusal(
      'bad-input',
      `\`${word.slice(0, 60)}\` is no change. \`key=value\` sets a tag, \`-key\` removes it; quote values with spaces: \`Name="web 1"\`.`,
    );
  const key = word.slice(0, equals);
  const value = readable(word.slice(equals + 1));
  mustBeKey(key, word);
  if (value.length > longestValue)
    throw new Refusal(
      'bad-input',
      `The value of \`${key}\` has ${value.length} characters; AWS allows ${longestValue}.`,
    );
  edit.set[key] = value;
}

/** Slack sends mentions as `<@U…|riley>` and `<#C…|ops>`; a tag is read outside Slack, so it gets the name. */
function readable(value: string): string {
  return value.replace(/<([@#])[A-Z0-9]+(?:\|([^<>]*))?>/g, (all, sign: string, name?: string) =>
    name === undefined || name === '' ? all : `${sign}${name}`,
  );
}

function mustBeKey(key: string, word: string): void {
  if (key === '') throw new Refusal('bad-input', `\`${word}\` has no tag key. For example: \`${example}\`.`);
  if (key.length > longestKey)
    throw new Refusal(
      'bad-input',
      `The key \`${key.slice(0, 40)}…\` has ${key.length} characters; AWS allows ${longestKey}.`,
    );
  if (key.toLowerCase().startsWith('aws:'))
    throw new Refusal(
      'bad-input',
      `\`${key}\` begins with \`aws:\`, which only AWS itself may set. Choose another key.`,
    );
  if (key === '__proto__')
    throw new Refusal(
      'bad-input',
      'The key `__proto__` means something else to JavaScript, so Deckhand leaves it alone. Choose another key.',
    );
  if (key.startsWith(ourPrefix))
    throw new Refusal(
      'bad-input',
      `\`${key}\` begins with \`${ourPrefix}\`, which Deckhand needs for its own undo. Choose another key.`,
    );
}
