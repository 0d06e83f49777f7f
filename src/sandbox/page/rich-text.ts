import { emojiOf } from './emoji.ts';
import { webAddress } from './inline.ts';
import type { Inline } from './inline.ts';
import { list, object, text } from './reading.ts';
import type { Block } from './shapes.ts';

/**
 * Reads the elements of a rich_text section, quote or list item. An element of a type it does not know becomes its type
 * in brackets. Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
export function readRichText(elements: readonly Block[]): readonly Inline[] {
  return elements.flatMap((element) => styled(element, readElement(element)));
}

/** The text of preformatted elements: no styles, links by their address. */
export function plainRichText(elements: readonly Block[]): string {
  return elements.map((element) => text(element['text']) || text(element['url'])).join('');
}

function readElement(element: Block): readonly Inline[] {
  switch (element.type) {
    case 'text':
      return withBreaks(text(element['text']));
    case 'link': {
      const url = webAddress(text(element['url']));
      const label = text(element['text']) || text(element['url']);
      return [url === undefined ? { kind: 'text', text: label } : { kind: 'link', url, label }];
    }
    case 'user':
      return [{ kind: 'user', id: text(element['user_id']) }];
    case 'channel':
      return [{ kind: 'channel', id: text(element['channel_id']) }];
    case 'usergroup':
      return [{ kind: 'group', id: text(element['usergroup_id']) }];
    case 'broadcast':
      return [{ kind: 'broadcast', range: text(element['range']) }];
    case 'emoji':
      return [emojiElement(element)];
    case 'date':
      return [
        {
          kind: 'date',
          seconds: Number(element['timestamp']) || 0,
          format: text(element['format']),
          fallback: text(element['fallback']),
        },
      ];
    case 'color':
      return [{ kind: 'color', value: text(element['value']) }];
    default:
      return [{ kind: 'text', text: `[${element.type}]` }];
  }
}

function emojiElement(element: Block): Inline {
  const name = text(element['name']);
  const codes = text(element['unicode']);
  const given = /^[0-9a-f]{1,6}(?:-[0-9a-f]{1,6})*$/.test(codes)
    ? codes.split('-').map((code) => Number.parseInt(code, 16))
    : [];
  const unicode =
    given.length > 0 && given.every((code) => code <= 0x10ffff) ? String.fromCodePoint(...given) : emojiOf(name);
  return { kind: 'emoji', name, ...(unicode === undefined ? {} : { unicode }) };
}

function withBreaks(whole: string): readonly Inline[] {
  return whole
    .split('\n')
    .flatMap((line, at): Inline[] => [
      ...(at > 0 ? [{ kind: 'break' } as const] : []),
      ...(line === '' ? [] : [{ kind: 'text', text: line } as const]),
    ]);
}

function styled(element: Block, inside: readonly Inline[]): readonly Inline[] {
  const style = object(element['style']);
  let result = inside;
  if (style['code'] === true)
    result = inside.map((one) => (one.kind === 'text' ? { kind: 'code', text: one.text } : one));
  for (const kind of ['bold', 'italic', 'strike'] as const)
    if (style[kind] === true) result = [{ kind, inside: result }];
  return result;
}

/** The elements of a rich_text container. */
export function elementsOf(block: Block): readonly Block[] {
  return list(block['elements']);
}
