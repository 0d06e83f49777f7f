/// <reference lib="dom" />
import { freshId, h } from './dom.ts';
import type { Child } from './dom.ts';
import { elementView, imageView } from './elements.ts';
import { block as asBlock, list, text, words } from './reading.ts';
import { elementsOf, plainRichText, readRichText } from './rich-text.ts';
import type { Block } from './shapes.ts';
import type { Surface } from './surface.ts';
import { tableView, dataTableView } from './tables.ts';
import { inlineView, mrkdwnLine, mrkdwnView, plainObjectView, plainView, textObjectView } from './text-view.ts';

/** Draws blocks in order; a block it does not know shows its type, so nothing is lost silently. */
export function blocksView(
  blocks: readonly Block[],
  surface: Surface,
  errors: Readonly<Record<string, string>> = {},
): readonly HTMLElement[] {
  return blocks.map((block) => blockView(block, surface, errors));
}

function blockView(block: Block, surface: Surface, errors: Readonly<Record<string, string>>): HTMLElement {
  switch (block.type) {
    case 'header':
      return h('h3', { class: 'block header' }, plainObjectView(block['text']));
    case 'divider':
      return h('hr', { class: 'block' });
    case 'section':
      return sectionView(block, surface);
    case 'context':
      return contextView(block, surface);
    case 'actions':
    case 'context_actions':
      return h('div', { class: 'block actions' }, placeAll(block, surface));
    case 'rich_text':
      return h(
        'div',
        { class: 'block rich' },
        elementsOf(block).map((element) => richView(element, surface)),
      );
    case 'image':
      return h(
        'figure',
        { class: 'block' },
        imageView(block),
        h('figcaption', {}, words(block['title']) || text(block['alt_text'])),
      );
    case 'markdown':
      return h('div', { class: 'block' }, mrkdwnView(fromMarkdown(text(block['text'])), surface.names));
    case 'input':
      return inputView(block, surface, errors);
    case 'table':
      return tableView(block, surface.names);
    case 'data_table':
      return dataTableView(block, surface.names);
    case 'alert':
      return h(
        'div',
        { class: `block alert ${text(block['level'])}`, role: 'note' },
        textObjectView(block['text'], surface.names),
      );
    case 'plan':
    case 'task_card':
      return taskView(block, surface);
    case 'container':
      return h(
        'div',
        { class: 'block container' },
        h('strong', {}, words(block['title'])),
        blocksView(list(block['elements'] ?? block['blocks']), surface),
      );
    default:
      return h('div', { class: 'block unknown' }, `[${block.type}: this block is not drawn in the sandbox]`);
  }
}

function sectionView(block: Block, surface: Surface): HTMLElement {
  const accessory = block['accessory'];
  return h(
    'div',
    { class: 'block section' },
    h(
      'div',
      { class: 'grow' },
      block['text'] === undefined ? [] : textObjectView(block['text'], surface.names),
      block['fields'] !== undefined &&
        h(
          'div',
          { class: 'fields' },
          list(block['fields']).map((field) => h('div', {}, textObjectView(field, surface.names))),
        ),
    ),
    accessory !== undefined && elementView({ element: asBlock(accessory), blockId: block.block_id, surface }),
  );
}

function contextView(block: Block, surface: Surface): HTMLElement {
  const parts = elementsOf(block).map((element) => {
    if (element.type === 'image') return imageView(element);
    if (element.type === 'mrkdwn')
      return h('span', {}, mrkdwnLine(text(element['text']), surface.names, element['verbatim'] === true));
    return h('span', {}, plainView(text(element['text']), element['emoji'] !== false));
  });
  return h('div', { class: 'block context' }, parts);
}

function placeAll(block: Block, surface: Surface): readonly HTMLElement[] {
  return elementsOf(block).map((element) => elementView({ element, blockId: block.block_id, surface }));
}

function richView(element: Block, surface: Surface): Child {
  const inside = (): readonly Child[] => inlineView(readRichText(elementsOf(element)), surface.names);
  switch (element.type) {
    case 'rich_text_section':
      return h('p', {}, inside());
    case 'rich_text_quote':
      return h('blockquote', {}, inside());
    case 'rich_text_preformatted':
      return h('pre', {}, plainRichText(elementsOf(element)));
    case 'rich_text_list': {
      const items = elementsOf(element).map((item) =>
        h('li', {}, inlineView(readRichText(elementsOf(item)), surface.names)),
      );
      const indent = { class: `indent-${Math.min(8, Math.max(0, Number(element['indent']) || 0))}` };
      return element['style'] === 'ordered'
        ? h('ol', { ...indent, start: (Number(element['offset']) || 0) + 1 }, items)
        : h('ul', indent, items);
    }
    default:
      return h('p', { class: 'unknown' }, `[${element.type}]`);
  }
}

/** The few marks of Markdown that differ from mrkdwn; the rest of it stays readable as text. */
function fromMarkdown(source: string): string {
  return source
    .replace(/^#{1,6} +(.+)$/gm, '*$1*')
    .replace(/\*\*(.+?)\*\*/g, '*$1*')
    .replace(/^( *)[-*+] /gm, '$1• ')
    .replace(/\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/g, '<$2|$1>');
}

function inputView(block: Block, surface: Surface, errors: Readonly<Record<string, string>>): HTMLElement {
  const labelledBy = freshId('label');
  const noteId = freshId('note');
  const error = errors[block.block_id ?? ''];
  const hint = words(block['hint']);
  const element = elementView({
    element: { ...asBlock(block['element']), dispatch: block['dispatch_action'] },
    blockId: block.block_id,
    surface,
    labelledBy,
    ...(error !== undefined || hint !== '' ? { describedBy: noteId } : {}),
  });
  if (error !== undefined) element.setAttribute('aria-invalid', 'true');
  return h(
    'div',
    { class: error === undefined ? 'block input' : 'block input wrong', 'data-block-id': block.block_id },
    h(
      'div',
      { id: labelledBy, class: 'label' },
      plainObjectView(block['label']),
      block['optional'] === true && h('small', {}, ' (optional)'),
    ),
    element,
    h(
      'div',
      { id: noteId, class: 'hint' },
      error === undefined ? plainView(hint) : h('strong', { class: 'error', role: 'alert' }, error),
    ),
  );
}

const taskMarks: Readonly<Record<string, string>> = { pending: '○', in_progress: '◐', complete: '✓', error: '✗' };

/** A task with its state, or a plan with its tasks. */
function taskView(block: Block, surface: Surface): HTMLElement {
  const title = words(block['title']) || text(block['title']);
  const status = text(block['status']);
  const details = ['details', 'output'].map((name) => asBlock(block[name])).filter(({ type }) => type === 'rich_text');
  return h(
    'div',
    { class: 'block task' },
    h(
      'strong',
      {},
      status === '' ? '' : `${taskMarks[status] ?? '·'} `,
      title,
      status !== '' && h('small', {}, ` ${status.replaceAll('_', ' ')}`),
    ),
    blocksView(details, surface),
    list(block['tasks']).map((task) => taskView({ ...task, type: 'task_card' }, surface)),
  );
}
