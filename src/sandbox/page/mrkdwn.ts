import { emojiOf } from './emoji.ts';
import { webAddress } from './inline.ts';
import type { Inline, Paragraph } from './inline.ts';

/**
 * Reads Slack's mrkdwn. `verbatim`: bare addresses are not made into links, as Slack does with the same setting. What
 * cannot be read stays text. Source: https://docs.slack.dev/messaging/formatting-message-text
 */
export function readMrkdwn(text: string, verbatim = false): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  for (const [at, part] of text.split(/```\n?([\s\S]+?)\n?```/).entries()) {
    if (at % 2 === 1) paragraphs.push({ kind: 'preformatted', text: plainText(part) });
    else if (part !== '') paragraphs.push(...readLines(part, verbatim));
  }
  return paragraphs;
}

/** Lines that begin with `>` are a quote, all others a paragraph. */
function readLines(text: string, verbatim: boolean): Paragraph[] {
  const groups: { kind: 'lines' | 'quote'; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const kind = quoted === null ? 'lines' : 'quote';
    const last = groups.at(-1);
    if (last?.kind === kind) last.lines.push(quoted?.[1] ?? line);
    else groups.push({ kind, lines: [quoted?.[1] ?? line] });
  }
  return groups
    .map(({ kind, lines }) => ({ kind, text: lines.join('\n').replace(/^\n+|\n+$/g, '') }))
    .filter(({ text }) => text !== '')
    .map(({ kind, text }) => ({ kind, inside: readInline(text, verbatim) }));
}

/** One way to read the text at a place: what it is, and how many characters it takes. */
type Reading = { inline: Inline; length: number };

/** Reads one stretch of mrkdwn without quotes and preformatted text. */
export function readInline(text: string, verbatim: boolean): Inline[] {
  const found: Inline[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') found.push({ kind: 'text', text: plainText(plain) });
    plain = '';
  };
  for (let at = 0; at < text.length;) {
    const reading = readAt(text, at, verbatim);
    if (reading === undefined) {
      plain += text[at];
      at += 1;
      continue;
    }
    flush();
    found.push(reading.inline);
    at += reading.length;
  }
  flush();
  return found;
}

function readAt(text: string, at: number, verbatim: boolean): Reading | undefined {
  switch (text.charAt(at)) {
    case '\n':
      return { inline: { kind: 'break' }, length: 1 };
    case '<':
      return readToken(text, at);
    case '`': {
      const code = match(/`([^`\n]+)`/y, text, at);
      return code && { inline: { kind: 'code', text: plainText(code[1] ?? '') }, length: code[0].length };
    }
    case ':':
      return readEmoji(text, at);
    case '*':
      return readSpan(text, at, 'bold', verbatim);
    case '_':
      return readSpan(text, at, 'italic', verbatim);
    case '~':
      return readSpan(text, at, 'strike', verbatim);
    case 'h':
      return verbatim || isWord(text[at - 1]) ? undefined : readBareAddress(text, at);
    default:
      return undefined;
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function readEmoji(text: string, at: number): Reading | undefined {
  const name = match(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/y, text, at);
  const unicode = name && emojiOf(name[1] ?? '');
  if (name === undefined || unicode === undefined || isWord(text[at - 1])) return undefined;
  return { inline: { kind: 'emoji', name: name[1] ?? '', unicode }, length: name[0].length };
}

function readBareAddress(text: string, at: number): Reading | undefined {
  const found = match(/https?:\/\/[^\s<>|*`]+[^\s<>|*`.,;:!?)'"]/y, text, at);
  const url = found && webAddress(plainText(found[0]));
  return url === undefined || found === undefined
    ? undefined
    : { inline: { kind: 'link', url, label: plainText(found[0]) }, length: found[0].length };
}

/** `*bold*`: no word before it, no space just inside, no word after it, all on one line. */
function readSpan(
  text: string,
  at: number,
  kind: 'bold' | 'italic' | 'strike',
  verbatim: boolean,
): Reading | undefined {
  const mark = text[at] ?? '';
  if (isWord(text[at - 1]) || text[at - 1] === mark || /[\s]/.test(text[at + 1] ?? ' ') || text[at + 1] === mark)
    return undefined;
  const lineEnd = text.indexOf('\n', at);
  const end = lineEnd < 0 ? text.length : lineEnd;
  for (let close = text.indexOf(mark, at + 2); close > 0 && close < end; close = text.indexOf(mark, close + 1)) {
    if (/\s/.test(text[close - 1] ?? '') || isWord(text[close + 1])) continue;
    const inside = text.slice(at + 1, close);
    if ((inside.split('`').length - 1) % 2 === 1 || inside.lastIndexOf('<') > inside.lastIndexOf('>')) continue;
    return { inline: { kind, inside: readInline(inside, verbatim) }, length: close + 1 - at };
  }
  return undefined;
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** `<@U1>`, `<#C1|name>`, `<!subteam^S1>`, `<!here>`, `<!date^…>`, `<https://…|label>`. */
function readToken(text: string, at: number): Reading | undefined {
  const found = match(/<([^<>\n]+)>/y, text, at);
  if (found === undefined) return undefined;
  const whole = found[1] ?? '';
  const bar = whole.indexOf('|');
  const target = bar < 0 ? whole : whole.slice(0, bar);
  const label = bar < 0 ? undefined : plainText(whole.slice(bar + 1));
  return { inline: tokenOf(target, label), length: found[0].length };
}

function tokenOf(target: string, label: string | undefined): Inline {
  const named = label === undefined || label === '' ? {} : { label };
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1), ...named };
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1), ...named };
  if (target.startsWith('!subteam^')) return { kind: 'group', id: target.slice('!subteam^'.length), ...named };
  if (target.startsWith('!date^')) return dateOf(target, label ?? '');
  if (target.startsWith('!')) return { kind: 'broadcast', range: target.slice(1) };
  const url = webAddress(plainText(target));
  if (url !== undefined) return { kind: 'link', url, label: label ?? plainText(target) };
  return { kind: 'text', text: label ?? plainText(target) };
}

function dateOf(target: string, fallback: string): Inline {
  const [, seconds, format] = target.split('^');
  if (!/^\d{1,12}$/.test(seconds ?? '') || format === undefined) return { kind: 'text', text: fallback };
  return { kind: 'date', seconds: Number(seconds), format, fallback };
}

/** Undoes Slack's three escapes, once. */
export function plainText(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (_all, name: string) => ({ amp: '&', lt: '<', gt: '>' })[name] ?? '');
}
