/// <reference lib="dom" />
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { block as asBlock, text, words } from './reading.ts';
import { elementsOf, readRichText } from './rich-text.ts';
import type { Block } from './shapes.ts';
import { inlineView } from './text-view.ts';
import type { Names } from './text-view.ts';

/** Draws a table block: its first row is the header. */
export function tableView(block: Block, names: Names): HTMLElement {
  const settings: readonly unknown[] = Array.isArray(block['column_settings']) ? block['column_settings'] : [];
  const align = (column: number): string | undefined => {
    const side = text(asBlock(settings[column])['align']);
    return side === 'right' || side === 'center' ? side : undefined;
  };
  return drawn(rowsOf(block), { names, align, caption: '' });
}

/** Draws a data_table block with its caption; numbers stand to the right. Sorting and paging are Slack's own. */
export function dataTableView(block: Block, names: Names): HTMLElement {
  const rows = rowsOf(block);
  const align = (column: number): string | undefined =>
    rows[1]?.[column]?.type === 'raw_number' ? 'right' : undefined;
  return drawn(rows, { names, align, caption: text(block['caption']) || words(block['caption']) });
}

function rowsOf(block: Block): readonly (readonly Block[])[] {
  const rows: readonly unknown[] = Array.isArray(block['rows']) ? block['rows'] : [];
  return rows.map((row) => (Array.isArray(row) ? row.map((cell: unknown) => asBlock(cell)) : []));
}

function drawn(
  rows: readonly (readonly Block[])[],
  of: { names: Names; align: (column: number) => string | undefined; caption: string },
): HTMLElement {
  const [head = [], ...body] = rows;
  const cells = (tag: 'th' | 'td', row: readonly Block[]): readonly HTMLElement[] =>
    row.map((cell, at) =>
      h(tag, { class: of.align(at), scope: tag === 'th' ? 'col' : undefined }, cellView(cell, of.names)),
    );
  return h(
    'div',
    { class: 'block table', tabindex: 0, role: 'region', 'aria-label': of.caption || 'Table' },
    h(
      'table',
      {},
      of.caption !== '' && h('caption', {}, of.caption),
      h('thead', {}, h('tr', {}, cells('th', head))),
      h(
        'tbody',
        {},
        body.map((row) => h('tr', {}, cells('td', row))),
      ),
    ),
  );
}

function cellView(cell: Block, names: Names): Child {
  switch (cell.type) {
    case 'raw_text':
    case 'raw_number':
      return text(cell['text']) || text(cell['value']) || text(cell['number']);
    case 'rich_text':
      return elementsOf(cell).map((part) => inlineView(readRichText(elementsOf(part)), names));
    default:
      return `[${cell.type}]`;
  }
}
