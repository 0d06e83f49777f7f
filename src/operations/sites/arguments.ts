import { Refusal } from '#errors.ts';
import { durationMs } from '#lib/duration.ts';
import type { Words } from '#lib/words.ts';

const example = '/deck sites add shop https://shop.example.com --interval 30s';

/** What somebody typed of a site: its name, and values by field, not yet checked. */
export type Typed = { name: string; typed: Record<string, string> };

/** `NAME URL --field value …`. Throws Refusal "bad-input" when there is more or less. */
export function parseAdd(words: Words): Typed {
  const [name, url, ...more] = words.plain;
  if (name === undefined || url === undefined || more.length > 0)
    throw new Refusal('bad-input', `Say a short name and an address, then what differs. For example: \`${example}\`.`);
  return { name: mustBeName(name), typed: { ...words.flags, name, url: addressOf(url) } };
}

/** `NAME --field value …`, at least one field. */
export function parseEdit(words: Words): Typed {
  const [name, url, ...more] = words.plain;
  const address = url ?? words.flags['url'];
  const typed = { ...words.flags, ...(address === undefined ? {} : { url: addressOf(address) }) };
  if (name === undefined || more.length > 0 || Object.keys(typed).length === 0)
    throw new Refusal(
      'bad-input',
      'Say which site and what to change. For example: `/deck sites edit shop --interval 30s`; `--slow ""` takes a value away.',
    );
  if ('name' in typed)
    throw new Refusal(
      'bad-input',
      'A name stays, since the history belongs to it. Add the site under its new name, then remove the old one.',
    );
  return { name: mustBeName(name), typed };
}

/** One name and nothing else. */
export function parseOne(words: Words, what: string): { name: string } {
  const [name, ...more] = words.plain;
  if (name === undefined || more.length > 0 || Object.keys(words.flags).length > 0)
    throw new Refusal('bad-input', `Say the name of one site: \`/deck sites ${what} shop\`. See \`/deck sites\`.`);
  return { name: mustBeName(name) };
}

export type BreakArgs = { names: string[]; forMs?: number | undefined; end: boolean; reason?: string | undefined };
const longestBreakMs = 90 * 86_400_000;

/** `NAME… [2h] [reason]`, or `NAME… end`. `must`: a time has to be there. */
export function parseBreak(words: Words, of: { verb: string; must: boolean }): BreakArgs {
  const at = words.plain.findIndex((word, index) => index > 0 && (durationMs(word) !== undefined || word === 'end'));
  const said = at < 0 ? words.plain : words.plain.slice(0, at);
  const how = at < 0 ? undefined : words.plain[at]!;
  const reason = at < 0 ? '' : words.plain.slice(at + 1).join(' ');
  const odd = oddTime(said, at < 0);
  const unknown = Object.keys(words.flags).find((flag) => flag !== 'reason');
  const says = `\`/deck sites ${of.verb} shop 2h\``;
  if (unknown !== undefined) throw new Refusal('bad-input', `\`--${unknown}\` is not understood. Type ${says}.`);
  if (said.length === 0) throw new Refusal('bad-input', `Say which site. For example: ${says}.`);
  if (odd !== undefined)
    throw new Refusal(
      'bad-input',
      `\`${odd.said}\` is no time. Write the time as \`${odd.meant}\`, for example: ${says}.`,
    );
  const names = said.map(mustBeName);
  if (names.length > 50) throw new Refusal('bad-input', 'Name at most 50 sites at once.');
  if (of.must && how === undefined) {
    const last = names.length > 1 ? `\`${names.at(-1)}\` is no time such as \`30m\`, \`2h\` or \`3d\`. ` : '';
    throw new Refusal('bad-input', `${last}Say for how long. For example: ${says}.`);
  }
  const forMs = how === undefined || how === 'end' ? undefined : durationMs(how);
  if (forMs !== undefined && (forMs < 60_000 || forMs > longestBreakMs))
    throw new Refusal('bad-input', `That is too short or too long: from 1m to 90d. For example: ${says}.`);
  const because = (words.flags['reason'] ?? reason).slice(0, 200);
  return { names: [...new Set(names)], forMs, end: how === 'end', ...(because === '' ? {} : { reason: because }) };
}

const units = {
  s: 's',
  sec: 's',
  second: 's',
  m: 'm',
  min: 'm',
  minute: 'm',
  h: 'h',
  hr: 'h',
  hour: 'h',
  d: 'd',
  day: 'd',
};

/** A time among the names that is written otherwise than ours: `2 hours`, `2hours`, `1,5h`, and `90` where there `isNone`. */
function oddTime(words: readonly string[], isNone: boolean): { said: string; meant: string } | undefined {
  for (const [nr, word] of words.entries()) {
    const [, number, attached = ''] = /^(\d{1,4}(?:[.,]\d+)?)([a-z]*)$/i.exec(word) ?? [];
    if (nr === 0 || number === undefined) continue;
    const unit = unitOf(attached === '' ? words[nr + 1] : attached);
    if (unit === undefined && (attached !== '' || !isNone)) continue; // a name may begin with a digit
    const said = attached === '' && unit !== undefined ? `${word} ${words[nr + 1]}` : word;
    return { said, meant: `${number.replace(',', '.')}${unit ?? 'h'}` };
  }
  return undefined;
}

function unitOf(word: string | undefined): string | undefined {
  return Object.entries(units).find(([name]) => word?.toLowerCase().replace(/s$/, '') === name || word === name)?.[1];
}

export function mustBeName(name: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return name;
  throw new Refusal(
    'bad-input',
    `\`${name.slice(0, 60)}\` is no name of a site: small letters, digits and dashes, at most 40, such as \`web-shop\`.`,
  );
}

/** `shop.example.com` and `web-1:8080` mean https; a word alone is more likely a mistake. */
export function addressOf(typed: string): string {
  return /^([\w-]+(\.[\w-]+)+(:\d+)?|[\w-]+:\d+|localhost)([/?#].*)?$/.test(typed) ? `https://${typed}` : typed;
}
