import { isRefusal, isTransient } from '#errors.ts';
import type { Post } from '#ports/chat.ts';
import type { Line, Message, Piece, Section } from '#ports/text.ts';

/** Text with `code` in backticks, as pieces; everything stays literal. */
export function spans(text: string): Line {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return [text];
  return parts.flatMap((part, at): Piece[] => (part === '' ? [] : [at % 2 === 1 ? { code: part } : part]));
}

/** A line that is plain text, with `code` in backticks as pieces. */
export function said(line: Line): Line {
  return typeof line === 'string' ? spans(line) : line;
}

/** The same for all lines of a section. */
export function saidIn(section: Section): Section {
  switch (section.kind) {
    case 'text':
      return { ...section, lines: section.lines.map(said) };
    case 'list':
      return { ...section, items: section.items.map(said) };
    case 'facts':
      return { ...section, facts: section.facts.map(([label, value]) => [label, said(value)] as const) };
    case 'note':
      return { ...section, line: said(section.line) };
    case 'code':
    case 'table':
    case 'steps':
    case 'image':
    case 'divider':
      return section;
  }
}

/** A short answer of one or more lines; backticks make code. */
export function say(...lines: string[]): Message {
  return { alert: lines[0]!.replaceAll('`', ''), sections: [{ kind: 'text', lines: lines.map(spans) }] };
}

/** What the person hears about an error: a refusal as it is, anything else with a reference and the next move. */
export function explain(error: unknown, reference: string): { message: Message; expected: boolean } {
  if (isRefusal(error)) return { message: say(error.message), expected: true };
  if (isTransient(error))
    return {
      message: say(
        `AWS, Slack or the database did not answer in time; nothing was changed. Try again in a minute. Ref ${reference}.`,
      ),
      expected: false,
    };
  return {
    message: say(
      `Something broke on Deckhand's side; nothing was changed. Try again, and if it repeats give an admin the reference ${reference}.`,
    ),
    expected: false,
  };
}

/** A message without buttons needs no stored card. */
export function plain(message: Message): Post {
  return { message, token: '' };
}
