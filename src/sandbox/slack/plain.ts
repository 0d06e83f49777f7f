import { placedElements, textOf, wordsOf } from './blocks.ts';
import type { Block, Message } from './model.ts';

/** Finds the names behind ids; an unknown id shows as it is. */
export type Names = { user: (id: string) => string; channel: (id: string) => string; group: (id: string) => string };

/** A message or view as plain text, one line per block or row, for scripts and for people who read JSON. */
function plainOf(blocks: readonly Block[], names: Names): string {
  return blocks
    .map((block) => lineOf(block, names))
    .filter((line) => line !== '')
    .join('\n');
}

/** The text of a message: its blocks, or its `text` when it has none. */
export function plainMessage(
  { text, blocks, files = [] }: Pick<Message, 'text' | 'blocks' | 'files'>,
  names: Names,
): string {
  const said = blocks === undefined || blocks.length === 0 ? fromMrkdwn(text, names) : plainOf(blocks, names);
  return join([said, ...files.map(({ title, name, preview = '' }) => join([`[file ${name}: ${title}]`, preview]))]);
}

export type PlainButton = {
  action_id: string;
  block_id: string;
  text: string;
  style?: string;
  value?: string;
  url?: string;
};

/** Every button of these blocks, in order. */
export function buttonsOf(blocks: readonly Block[]): readonly PlainButton[] {
  return placedElements(blocks)
    .filter(({ element }) => element.type === 'button')
    .map(({ element, blockId }) => ({
      action_id: element.action_id,
      block_id: blockId,
      text: wordsOf(element['text']),
      ...textField(element, 'style'),
      ...textField(element, 'value'),
      ...textField(element, 'url'),
    }));
}

function textField<Name extends string>(element: Block, name: Name): Partial<Record<Name, string>> {
  const value = element[name];
  return typeof value === 'string' ? ({ [name]: value } as Partial<Record<Name, string>>) : {};
}

function lineOf(block: Block, names: Names): string {
  const listed = (name: string): readonly Block[] => (Array.isArray(block[name]) ? (block[name] as Block[]) : []);
  const said = (value: unknown): string => textObject(value, names);
  switch (block.type) {
    case 'divider':
      return '---';
    case 'section':
      return join([said(block['text']), ...listed('fields').map(said), elementText(block['accessory'])]);
    case 'context':
      return listed('elements')
        .map((one) => (one.type === 'image' ? textOf(one['alt_text']) : said(one)))
        .join(' ');
    case 'actions':
    case 'context_actions':
      return listed('elements').map(elementText).join(' ');
    case 'rich_text':
      return join(listed('elements').map((one) => richLine(one, names)));
    case 'table':
    case 'data_table':
      return join([
        textOf(block['caption']),
        ...(block['rows'] as Block[][]).map((row) => row.map((cell) => cellText(cell, names)).join(' | ')),
      ]);
    case 'input':
      return `${said(block['label'])}: ${elementText(block['element'])}`;
    case 'image':
    case 'video':
      return `[${textOf(block['alt_text'])}]`;
    case 'markdown':
      return textOf(block['text']);
    case 'plan':
      return join([textOf(block['title']), ...listed('tasks').map((task) => lineOf(task, names))]);
    case 'task_card':
      return join([
        `[${textOf(block['status'])}] ${textOf(block['title'])}`,
        ...[block['details'], block['output']].flatMap((one) =>
          one === undefined ? [] : [lineOf(one as Block, names)],
        ),
      ]);
    default:
      return join([
        said(block['title']),
        said(block['text']),
        said(block['subtitle']),
        said(block['body']),
        plainOf(listed('child_blocks'), names),
        plainOf(listed('elements'), names),
      ]);
  }
}

function join(lines: readonly string[]): string {
  return lines.filter((line) => line !== '').join('\n');
}

function elementText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const element = value as Block;
  if (element.type === 'button') return `[${wordsOf(element['text'])}]`;
  return `[${wordsOf(element['placeholder']) || element.type}]`;
}

function cellText(cell: Block, names: Names): string {
  return cell.type === 'rich_text' ? lineOf(cell, names) : textOf(cell['text']);
}

function textObject(value: unknown, names: Names): string {
  const mrkdwn = typeof value === 'object' && value !== null && 'type' in value && value.type === 'mrkdwn';
  return mrkdwn ? fromMrkdwn(wordsOf(value), names) : wordsOf(value);
}

function richLine(block: Block, names: Names): string {
  const inside = Array.isArray(block['elements']) ? (block['elements'] as Block[]) : [];
  if (block.type === 'rich_text_list')
    return inside
      .map((item, at) => `${block['style'] === 'ordered' ? `${at + 1}.` : '•'} ${richLine(item, names)}`)
      .join('\n');
  return inside.map((piece) => pieceText(piece, names)).join('');
}

function pieceText(piece: Block, names: Names): string {
  switch (piece.type) {
    case 'user':
      return `@${names.user(textOf(piece['user_id']))}`;
    case 'usergroup':
      return `@${names.group(textOf(piece['usergroup_id']))}`;
    case 'channel':
      return `#${names.channel(textOf(piece['channel_id']))}`;
    case 'broadcast':
      return `@${textOf(piece['range'])}`;
    case 'emoji':
      return `:${textOf(piece['name'])}:`;
    case 'date':
      return textOf(piece['fallback']) || new Date(Number(piece['timestamp']) * 1_000).toISOString();
    case 'link':
      return piece['text'] === undefined ? textOf(piece['url']) : `${textOf(piece['text'])} (${textOf(piece['url'])})`;
    default:
      return textOf(piece['text'] ?? piece['value']);
  }
}

/** Live tokens become what a reader sees; entities are undone once. */
function fromMrkdwn(text: string, names: Names): string {
  return text
    .replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_all, target: string, label?: string) => {
      if (target.startsWith('@')) return `@${names.user(target.slice(1))}`;
      if (target.startsWith('#')) return `#${names.channel(target.slice(1))}`;
      if (target.startsWith('!subteam^')) return `@${names.group(target.slice('!subteam^'.length))}`;
      if (target.startsWith('!date^')) return label ?? target;
      if (target.startsWith('!')) return `@${target.slice(1)}`;
      return label === undefined ? target : `${label} (${target})`;
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
