import type {
  ActionsBlock,
  Button as SlackButton,
  HomeView,
  KnownBlock,
  RichTextBlock,
  RichTextElement,
  RichTextSection,
  UsersSelect,
} from '@slack/types';

import type { Post } from '#ports/chat.ts';
import type { Button, Line, Section } from '#ports/text.ts';

import { clip, escape, visible } from './literal.ts';
import { elementsOf } from './rich.ts';

/** Blocks and size of a surface. Slack takes 50 blocks a message and 100 a view (https://docs.slack.dev/reference/block-kit/blocks),
 *  250 kB a view, and names no size for messages (msg_blocks_too_long), so they stay far below. */
type Surface = { blocks: number; characters: number; json: number; tables: number };
const ofMessage: Surface = { blocks: 50, characters: 12_000, json: 60_000, tables: 1 };
/** Home shows no tables. */
const ofHome: Surface = { blocks: 100, characters: 30_000, json: 120_000, tables: 0 };

/** Lines of one list or section; longer ones say how many were left out. */
const mostLines = 60;
const mostLineCharacters = 4_000;
const mostLineJson = 16_000;
const mostRows = 20;
const mostColumns = 20;
/** Characters of all cells of the table of a message; Slack takes 10,000.
 *  Source: https://docs.slack.dev/reference/block-kit/blocks/table-block */
const mostTableText = 8_000;
/** Slack cuts at 4,000, and escaping can make a text five times as long; a notification shows far less. */
const longestAlert = 500;

/** What Slack takes as the id of a file: it answers anything else with this very pattern. */
const fileId = /^F[A-Z0-9]{8,30}$/;

export type Rendered = { text: string; blocks: KnownBlock[] };

/**
 * A message as Slack takes it, whatever it holds: limits are kept by clipping and counting, the buttons are always there.
 * Untrusted text stands only in rich_text and plain_text; `text` is escaped. Pure.
 */
export function renderMessage({ message, token }: Post): Rendered {
  const alert = clip(visible(message.alert), longestAlert);
  const title: KnownBlock[] =
    visible(message.title ?? '').trim() === '' ? [] : [{ type: 'header', text: plain(message.title ?? '', 150) }];
  const buttons = message.buttons ?? [];
  const actions: KnownBlock[] = buttons.length === 0 ? [] : [actionsOf(buttons, token, message.title ?? message.alert)];
  const room = { ...ofMessage, blocks: ofMessage.blocks - title.length - actions.length };
  const blocks = [...title, ...fit(message.sections, room), ...actions];
  return {
    text: escape(alert) || ' ',
    // Without blocks Slack would show `text` itself, and `*` or `_` in it as markup.
    blocks: blocks.length > 0 ? blocks : [rich({ type: 'rich_text_section', elements: elementsOf(alert) })],
  };
}

/** The Home tab as Slack takes it. Pure. */
export function renderHome(sections: readonly Section[]): HomeView {
  return { type: 'home', blocks: fit(sections, ofHome) };
}

/** Sections alone. Pure. */
export function renderSections(sections: readonly Section[]): KnownBlock[] {
  return fit(sections, ofMessage);
}

/** Sections in order while they fit; what does not is counted. */
function fit(sections: readonly Section[], { blocks: most, characters, json, tables }: Surface): KnownBlock[] {
  const room = { tables, text: mostTableText };
  const blocks: KnownBlock[] = [];
  for (const [at, section] of sections.entries()) {
    const next = blockOf(section, room);
    characters -= charactersIn(next);
    json -= JSON.stringify(next).length;
    const kept = at === sections.length - 1 ? 0 : 1; // for the note that more was left out
    if (blocks.length + next.length > most - kept || characters < 0 || json < 0)
      return [...blocks, noteOf(`and ${sections.length - at} more parts that do not fit here`)];
    blocks.push(...next);
  }
  return blocks;
}

function charactersIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + charactersIn(inner), 0);
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
      return tableOf(section.columns, section.rows, room);
    case 'note':
      return [contextOf(section.line)];
    case 'image':
      return fileId.test(section.file)
        ? [{ type: 'image', slack_file: { id: section.file }, alt_text: plain(section.alt, 2_000).text }]
        : [noteOf(section.alt)];
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
  const elements = clipLines(lines).flatMap((line, at) => [
    ...(at === 0 ? [] : [{ type: 'text' as const, text: '\n' }]),
    ...line,
  ]);
  return { type: 'rich_text_section', elements };
}

function listOf(items: readonly Line[]): RichTextBlock {
  const elements = clipLines(items).map((item): RichTextSection => ({ type: 'rich_text_section', elements: item }));
  return { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements }] };
}

/** As many lines as fit, at least one, and how many were left out. */
function clipLines(lines: readonly Line[]): readonly RichTextElement[][] {
  const shown: RichTextElement[][] = [];
  let characters = 0;
  let json = 0;
  for (const line of lines.slice(0, lines.length <= mostLines ? mostLines : mostLines - 1)) {
    const elements = elementsOf(line);
    characters += charactersIn(elements);
    json += JSON.stringify(elements).length;
    if (shown.length > 0 && (characters > mostLineCharacters || json > mostLineJson)) break;
    shown.push(elements);
  }
  const left = lines.length - shown.length;
  return left === 0 ? shown : [...shown, elementsOf(`and ${left} more`)];
}

/** One real table a message; further ones, and what has no room, become lines. */
function tableOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  room: { tables: number; text: number },
): KnownBlock[] {
  const names = columns.slice(0, mostColumns);
  if (names.length === 0) return [];
  const longestCell = Math.min(150, Math.floor(mostTableText / ((Math.min(rows.length, mostRows) + 1) * names.length)));
  const shown = [names, ...rows.slice(0, mostRows)].map((row) =>
    names.map((_, at) => clip(visible(row[at] ?? '').trim(), longestCell) || '–'),
  );
  const left = rows.length - mostRows;
  const more = left > 0 ? [noteOf(`and ${left} more`)] : [];
  const size = shown.flat().reduce((sum, cell) => sum + cell.length, 0);
  if (room.tables === 0 || size > room.text) return [rich(joined(shown.map((row) => row.join(' · ')))), ...more];
  room.tables--;
  room.text -= size;
  return [{ type: 'table', rows: shown.map((row) => row.map((text) => ({ type: 'raw_text', text }))) }, ...more];
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

/** One button a verb: two of the same could not be told apart. */
function actionsOf(buttons: readonly Button[], token: string, subject: string): ActionsBlock {
  const distinct = [...new Map(buttons.map((button) => [button.verb, button])).values()];
  // A menu carries no value of its own, so that the token stands on the block.
  const hasMenu = token !== '' && distinct.some(({ people }) => people !== undefined);
  return {
    type: 'actions',
    ...(hasMenu ? { block_id: token.slice(0, 255) } : {}),
    elements: distinct
      .slice(0, 25)
      .map((button) =>
        button.people === undefined ? buttonOf(button, token, subject) : menuOf(button, button.people),
      ),
  };
}

/** Source: https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#users_select */
function menuOf({ verb, label }: Button, { chosen }: NonNullable<Button['people']>): UsersSelect {
  return {
    type: 'users_select',
    action_id: verb,
    placeholder: plain(label, 150),
    ...(chosen === undefined ? {} : { initial_user: chosen }),
  };
}

/** Source of the lengths: https://docs.slack.dev/reference/block-kit/block-elements/button-element */
function buttonOf({ verb, label, style, confirm, mark }: Button, token: string, subject: string): SlackButton {
  const value = mark === undefined ? token : `${token} ${mark}`;
  return {
    type: 'button',
    action_id: verb,
    text: { ...plain(label, 75), emoji: true },
    accessibility_label: plain(`${label}: ${subject}`, 75).text,
    ...(token === '' ? {} : { value: value.slice(0, 2_000) }),
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
