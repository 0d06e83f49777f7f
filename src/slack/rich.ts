import type { RichTextElement } from '@slack/types';

import type { Line, Piece } from '#ports/text.ts';

import { clip, visible } from './literal.ts';

/** Longest text of one piece; well under Slack's 3,000 for a text object, so that several fit. */
const longestPiece = 1_500;
/** Longest line, all pieces together. */
const longestLine = 2_800;
const mostPieces = 100;

/** A line as elements of rich_text: strings stay literal, only our own pieces are live. */
export function elementsOf(line: Line): RichTextElement[] {
  const pieces = Array.isArray(line) ? (line as readonly Piece[]) : [line as Piece];
  let room = longestLine;
  const elements: RichTextElement[] = [];
  for (const piece of pieces.slice(0, mostPieces)) {
    if (room <= 0) break;
    const made = elementOf(piece, Math.min(longestPiece, room));
    if (made === undefined) continue;
    elements.push(made);
    room -= 'text' in made && typeof made.text === 'string' ? made.text.length : 20;
  }
  return elements.length === 0 ? [{ type: 'text', text: ' ' }] : elements;
}

function elementOf(piece: Piece, most: number): RichTextElement | undefined {
  if (typeof piece === 'string') return literal(piece, most);
  if ('bold' in piece) return literal(piece.bold, most, { bold: true });
  if ('italic' in piece) return literal(piece.italic, most, { italic: true });
  if ('strike' in piece) return literal(piece.strike, most, { strike: true });
  if ('code' in piece) return literal(piece.code, most, { code: true });
  if ('user' in piece) return idOf(piece.user, /^[UW][A-Z0-9]{1,40}$/, most, { type: 'user', user_id: piece.user });
  if ('group' in piece)
    return idOf(piece.group, /^S[A-Z0-9]{1,40}$/, most, { type: 'usergroup', usergroup_id: piece.group });
  if ('channel' in piece)
    return idOf(piece.channel, /^[CGD][A-Z0-9]{1,40}$/, most, { type: 'channel', channel_id: piece.channel });
  if ('emoji' in piece) return idOf(piece.emoji, /^[a-z0-9_+'-]{1,100}$/, most, { type: 'emoji', name: piece.emoji });
  if ('at' in piece) return dateOf(piece);
  return linkOf(piece, most);
}

function literal(
  text: string,
  most: number,
  style?: { bold?: true; italic?: true; strike?: true; code?: true },
): RichTextElement | undefined {
  const shown = clip(visible(text), most);
  if (shown === '') return undefined;
  return { type: 'text', text: shown, ...(style === undefined ? {} : { style }) };
}

/** Slack refuses the whole message for one id of a wrong form (who asked may be a schedule); such an id is shown as text. */
function idOf(id: string, form: RegExp, most: number, live: RichTextElement): RichTextElement | undefined {
  return form.test(id) ? live : literal(id, most);
}

/** Slack takes seconds since 1970; JavaScript's own range ends 8.64e15 ms after it. */
const latestInstant = 8.64e15;

/** The reader's own time zone, with UTC where a client cannot. Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
function dateOf({ at, style }: { at: number; style: 'time' | 'date' | 'datetime' }): RichTextElement {
  if (!(at >= 0 && at <= latestInstant)) return { type: 'text', text: '–' };
  const iso = new Date(at).toISOString();
  const formats = { time: '{time}', date: '{date_short_pretty}', datetime: '{date_short_pretty} {time}' };
  const fallbacks = {
    time: `${iso.slice(11, 16)} UTC`,
    date: iso.slice(0, 10),
    datetime: `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`,
  };
  return { type: 'date', timestamp: Math.floor(at / 1000), format: formats[style], fallback: fallbacks[style] };
}

function linkOf({ link, label }: { link: string; label: string }, most: number): RichTextElement | undefined {
  const url = URL.parse(link);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.href.length > 3_000)
    return literal(`${label} (${link})`, most);
  return { type: 'link', url: url.href, text: clip(visible(label), 250) || url.href };
}
