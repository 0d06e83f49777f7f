/// <reference lib="dom" />
import { formatDate } from './dates.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { emojiOf } from './emoji.ts';
import { emojiDrawing } from './icons.ts';
import type { Inline, Paragraph } from './inline.ts';
import { readInline, readMrkdwn } from './mrkdwn.ts';
import { object, text } from './reading.ts';

/** The names behind Slack's ids, and the time, for drawing text. */
export type Names = {
  user: (id: string) => string;
  channel: (id: string) => string;
  group: (id: string) => string;
  /** The person who looks at it: mentions of them stand out. */
  me: string;
  now: number;
};

/** Draws text inside a line. */
export function inlineView(parts: readonly Inline[], names: Names): readonly Child[] {
  return parts.map((part) => partView(part, names));
}

function partView(part: Inline, names: Names): Child {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'break':
      return h('br');
    case 'bold':
      return h('strong', {}, inlineView(part.inside, names));
    case 'italic':
      return h('em', {}, inlineView(part.inside, names));
    case 'strike':
      return h('s', {}, inlineView(part.inside, names));
    case 'code':
      return h('code', {}, part.text);
    case 'link':
      return h('a', { href: part.url, target: '_blank', rel: 'noopener noreferrer' }, part.label);
    case 'user':
      return h(
        'span',
        { class: part.id === names.me ? 'mention me' : 'mention' },
        `@${part.label ?? names.user(part.id)}`,
      );
    case 'channel':
      return h('span', { class: 'mention' }, `#${part.label ?? names.channel(part.id)}`);
    case 'group':
      return h('span', { class: 'mention' }, part.label ?? `@${names.group(part.id)}`);
    case 'broadcast':
      return h('span', { class: 'mention me' }, `@${part.range}`);
    case 'date':
      return h(
        'time',
        { datetime: isoOf(part.seconds), title: isoOf(part.seconds) ?? part.fallback },
        formatDate(part.format, part.seconds, names.now) || part.fallback,
      );
    case 'emoji':
      return emojiView(part.name, part.unicode);
    case 'color':
      return h('code', {}, part.value);
  }
}

/** An emoji by its drawing, else by its character, else by its name. */
function emojiView(name: string, unicode: string | undefined): Child {
  const drawing = emojiDrawing(name);
  if (drawing !== undefined) return drawing;
  if (unicode === undefined) return `:${name}:`;
  return h('span', { class: 'emoji', role: 'img', 'aria-label': name.replaceAll('_', ' ') }, unicode);
}

function isoOf(seconds: number): string | undefined {
  const at = new Date(seconds * 1_000);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Draws mrkdwn with its quotes and preformatted parts. */
export function mrkdwnView(source: string, names: Names, verbatim = false): readonly HTMLElement[] {
  return readMrkdwn(source, verbatim).map((paragraph) => paragraphView(paragraph, names));
}

function paragraphView(paragraph: Paragraph, names: Names): HTMLElement {
  switch (paragraph.kind) {
    case 'preformatted':
      return h('pre', {}, paragraph.text);
    case 'quote':
      return h('blockquote', {}, inlineView(paragraph.inside, names));
    case 'lines':
      return h('p', {}, inlineView(paragraph.inside, names));
  }
}

/** Draws a text object: mrkdwn as such, plain_text literally but for its emoji. */
export function textObjectView(value: unknown, names: Names): readonly Child[] {
  const { type, text: source, verbatim, emoji } = object(value);
  if (type === 'mrkdwn') return mrkdwnView(text(source), names, verbatim === true);
  return [h('p', {}, plainView(text(source), emoji !== false))];
}

/** A plain_text object on one line: its emoji names are drawn unless it says otherwise. */
export function plainObjectView(value: unknown): readonly Child[] {
  const { text: source, emoji } = object(value);
  return plainView(text(source), emoji !== false);
}

/** A text on one line, for labels and buttons. */
export function plainView(source: string, emoji = true): readonly Child[] {
  const parts = source.split('\n').flatMap((line, at) => [...(at > 0 ? [h('br')] : []), ...emojiLine(line, emoji)]);
  return parts;
}

function emojiLine(line: string, emoji: boolean): readonly Child[] {
  if (!emoji) return [line];
  return line.split(/(:[a-z0-9_+-]+:)/).map((part) => {
    const name = part.slice(1, -1);
    const unicode = /^:.+:$/.test(part) ? emojiOf(name) : undefined;
    return unicode === undefined ? part : emojiView(name, unicode);
  });
}

/** One line of mrkdwn, for context elements and option texts. */
export function mrkdwnLine(source: string, names: Names, verbatim = false): readonly Child[] {
  return inlineView(readInline(source, verbatim), names);
}
