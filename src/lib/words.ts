import { Refusal } from '#errors.ts';

/** A typed line, cut into words: what stands alone, `--flag value` pairs, in order. */
export type Words = {
  /** Everything that is no flag, in order; quotes removed. */
  plain: readonly string[];
  /** `--from latest` → from: 'latest'; a flag at the end or before another flag is ''. Lower-case names. */
  flags: Readonly<Record<string, string>>;
  /** The line after cleaning, for messages and the audit. */
  line: string;
};

/** Longest line we read. Slack itself cuts messages at 4,000 characters of text. */
const longestLine = 4_000;

/**
 * Reads what a person typed into Slack: entities, `<url|label>`, smart quotes and dashes, non-breaking spaces are undone.
 * `flagsWithRest` names flags that take all words up to the next flag (`--from before 2026-11-24 10:00`). Linear time.
 * Throws Refusal "bad-input" on an open quote or an endless line.
 */
export function readWords(text: string, flagsWithRest: readonly string[] = []): Words {
  const line = clean(text);
  if (line.length > longestLine)
    throw new Refusal(
      'bad-input',
      `That line is too long (over ${longestLine} characters). Shorten it, or use a tag selector such as \`env=prod\`.`,
    );
  const plain: string[] = [];
  const flags: Record<string, string> = {};
  const tokens = tokenize(line);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const name = token.quoted ? undefined : flagName(token.text);
    if (name === undefined) {
      plain.push(token.text);
      continue;
    }
    const equals = token.text.indexOf('=');
    if (equals > 0) {
      flags[name] = token.text.slice(equals + 1);
      continue;
    }
    const values: string[] = [];
    while (at + 1 < tokens.length && (tokens[at + 1]!.quoted || flagName(tokens[at + 1]!.text) === undefined)) {
      if (values.length > 0 && !flagsWithRest.includes(name)) break;
      values.push(tokens[++at]!.text);
    }
    flags[name] = values.join(' ');
  }
  return { plain, flags, line };
}

type Token = { text: string; quoted: boolean };

function flagName(text: string): string | undefined {
  if (!text.startsWith('--') || text.length < 3) return undefined;
  const equals = text.indexOf('=');
  return text.slice(2, equals > 0 ? equals : undefined).toLowerCase();
}

/** Undoes what Slack's clients and `should_escape` do to typed text. */
function clean(text: string): string {
  return text
    .replace(/<((?:https?|mailto):[^<>|]*)(?:\|([^<>]*))?>/g, (_all, url: string, label?: string) => label ?? url)
    .replace(/[\u201c\u201d\u201e\u201f\u00ab\u00bb]/g, '"')
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/(^|\s)[\u2013\u2014](?=[A-Za-z])/g, '$1--')
    .replace(/[\u2010-\u2014\u2212]/g, '-')
    .replace(/[\u00a0\u2000-\u200a\u202f\u3000]/g, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('`', '')
    .trim();
}

function tokenize(line: string): Token[] {
  const tokens: Token[] = [];
  let text = '';
  let quoted = false;
  let open = '';
  for (const char of line) {
    if (open !== '') {
      if (char === open) open = '';
      else text += char;
      continue;
    }
    if (char === '"' || (char === "'" && (text === '' || text.endsWith('=')))) {
      open = char;
      quoted = quoted || text === '';
      continue;
    }
    if (/\s/.test(char)) {
      if (text !== '' || quoted) tokens.push({ text, quoted });
      text = '';
      quoted = false;
      continue;
    }
    text += char;
  }
  if (open !== '')
    throw new Refusal(
      'bad-input',
      `A quote is opened but not closed: ${open}${text.slice(0, 40)}. Close it, for example \`Name="web 1"\`.`,
    );
  if (text !== '' || quoted) tokens.push({ text, quoted });
  return tokens;
}
