import type { ActionsBlock, Button as SlackButton, KnownBlock, RichTextBlock, RichTextSection } from '@slack/types';

import type { Post } from '#ports/chat.ts';
import type { Button, Line, Section } from '#ports/text.ts';

import { clip, escape, visible } from './literal.ts';
import { elementsOf } from './rich.ts';

/** Slack: 50 blocks a message; one is kept for the header, one for the buttons, one for "more was left out".
 *  Source: https://docs.slack.dev/reference/block-kit/blocks */
const mostSections = 47;
/** Lines of one list or section; longer ones say how many were left out. */
const mostLines = 60;
const mostRows = 20;
/** Characters of all cells of the tables of a message. Source: https://docs.slack.dev/reference/block-kit/blocks/table-block */
const mostTableText = 9_000;
/** Slack cuts at 4,000; a notification shows far less. */
const longestAlert = 500;

export type Rendered = { text: string; blocks: KnownBlock[] };

/** A message as Slack shows it. Untrusted text stands only in rich_text and plain_text; `text` is escaped. Pure. */
export function renderMessage({ message, token }: Post): Rendered {
  const title: KnownBlock[] = message.title === undefined ? [] : [{ type: 'header', text: plain(message.title, 150) }];
  const buttons = message.buttons ?? [];
  const actions: KnownBlock[] = buttons.length === 0 ? [] : [actionsOf(buttons, token)];
  return {
    text: escape(clip(visible(message.alert), longestAlert)) || ' ',
    blocks: [...title, ...renderSections(message.sections), ...actions],
  };
}

/** Sections alone, as App Home shows them. Pure. */
export function renderSections(sections: readonly Section[]): KnownBlock[] {
  const room = { tables: 1, text: mostTableText };
  const blocks = sections.slice(0, mostSections).flatMap((section) => blockOf(section, room));
  const left = sections.length - mostSections;
  return left > 0 ? [...blocks, noteOf(`and ${left} more parts that do not fit here`)] : blocks;
}

function blockOf(section: Section, room: { tables: number; text: number }): KnownBlock[] {
  switch (section.kind) {
    case 'text':
      return section.lines.length === 0 ? [] : [rich(joined(section.lines))];
    case 'facts':
      return section.facts.length === 0
        ? []
        : [rich(joined(section.facts.map(([label, value]) => [{ bold: `${label}: ` }, ...asPieces(value)])))];
    case 'list':
      return section.items.length === 0 ? [] : [listOf(section.items)];
    case 'steps':
      return section.steps.length === 0
        ? []
        : [
            rich(
              joined(
                section.steps.map(({ label, state }) => [{ emoji: stepEmoji[state] }, ` ${label}${stepWord[state]}`]),
              ),
            ),
          ];
    case 'code':
      return [
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_preformatted',
              elements: [{ type: 'text', text: clip(visible(section.text), 2_800) || ' ' }],
            },
          ],
        },
      ];
    case 'table':
      return [tableOf(section.columns, section.rows, room)];
    case 'note':
      return [contextOf(section.line)];
    case 'divider':
      return [{ type: 'divider' }];
  }
}

/** A word beside the sign, since nobody should have to tell states by colour. */
const stepEmoji = {
  waiting: 'white_circle',
  running: 'hourglass_flowing_sand',
  done: 'white_check_mark',
  failed: 'x',
  undone: 'leftwards_arrow_with_hook',
} as const;
const stepWord = { waiting: '', running: ' …', done: '', failed: ' (failed)', undone: ' (undone)' } as const;

function asPieces(line: Line) {
  return Array.isArray(line) ? line : [line];
}

function rich(section: RichTextSection): RichTextBlock {
  return { type: 'rich_text', elements: [section] };
}

function joined(lines: readonly Line[]): RichTextSection {
  const shown = clipLines(lines);
  const elements = shown.flatMap((line, at) => [
    ...(at === 0 ? [] : [{ type: 'text' as const, text: '\n' }]),
    ...elementsOf(line),
  ]);
  return { type: 'rich_text_section', elements };
}

function listOf(items: readonly Line[]): RichTextBlock {
  const elements = clipLines(items).map((item): RichTextSection => ({
    type: 'rich_text_section',
    elements: elementsOf(item),
  }));
  return { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements }] };
}

function clipLines(lines: readonly Line[]): readonly Line[] {
  return lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines - 1), `and ${lines.length - mostLines + 1} more`];
}

/** One real table a message; further ones, and what has no room, become lines. */
function tableOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  room: { tables: number; text: number },
): KnownBlock {
  const shown = [columns, ...rows.slice(0, mostRows)].map((row) =>
    columns.map((_, at) => clip(visible(row[at] ?? '').trim(), 150) || '–'),
  );
  const size = shown.flat().reduce((sum, cell) => sum + cell.length, 0);
  if (room.tables === 0 || size > room.text) return rich(joined(shown.map((row) => row.join(' · '))));
  room.tables--;
  room.text -= size;
  return { type: 'table', rows: shown.map((row) => row.map((text) => ({ type: 'raw_text', text }))) };
}

/** A small grey line. Dates and people keep their meaning only in rich text, so a note of plain words is plain text. */
function contextOf(line: Line): KnownBlock {
  const pieces = asPieces(line);
  if (pieces.every((piece) => typeof piece === 'string')) return noteOf(pieces.join(''));
  return rich({
    type: 'rich_text_section',
    elements: elementsOf(line).map((element) =>
      element.type === 'text' ? { ...element, style: { ...element.style, italic: true } } : element,
    ),
  });
}

function noteOf(text: string): KnownBlock {
  return { type: 'context', elements: [{ ...plain(text, 1_000), emoji: false }] };
}

function actionsOf(buttons: readonly Button[], token: string): ActionsBlock {
  return { type: 'actions', elements: buttons.slice(0, 25).map((button) => buttonOf(button, token)) };
}

/** Source of the lengths: https://docs.slack.dev/reference/block-kit/block-elements/button-element */
function buttonOf({ verb, label, style, confirm }: Button, token: string): SlackButton {
  return {
    type: 'button',
    action_id: verb,
    text: { ...plain(label, 75), emoji: true },
    value: token,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plain(confirm.title, 100),
            text: plain(confirm.text, 300),
            confirm: plain(confirm.yes, 30),
            deny: plain('Back', 30),
          },
        }),
  };
}

function plain(text: string, most: number) {
  return { type: 'plain_text' as const, text: clip(visible(text).trim(), most) || '–', emoji: false };
}
