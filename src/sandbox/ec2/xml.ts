/** An element's content: text, elements by name, or items. What is undefined is left out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | XmlFields;
export type XmlFields = { readonly [name: string]: Xml };

/** How AWS writes instants. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

export function tagSet(tags: ReadonlyMap<string, string>): Xml {
  return [...tags].map(([key, value]) => ({ key, value }));
}

/**
 * The document. AWS promises no order of elements: here every element's children begin at another place and go one way or
 * the other, as the dice (0 up to 1) say for the document.
 */
export function document(
  name: string,
  namespace: string,
  fields: XmlFields,
  dice: number,
  item: 'item' | 'member' = 'item',
): string {
  const order: Order = { start: dice, step: Math.floor(dice * 1_000) % 2 === 0 ? 1 : -1, item };
  return `${head}<${name} xmlns="${namespace}">${elements(fields, order)}</${name}>`;
}

/** `item`: the element around each thing of a list. EC2 says item, the other services member. */
type Order = { start: number; step: 1 | -1; item: string };

/** Errors of EC2 have no namespace. */
export function errorDocument(code: string, message: string, requestId: string): string {
  const error = `<Code>${escape(code)}</Code><Message>${escape(message)}</Message>`;
  return `${head}<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
}

/** Errors of STS and the other services of the Query protocol. */
export function stsErrorDocument(
  code: string,
  message: string,
  requestId: string,
  namespace = 'https://sts.amazonaws.com/doc/2011-06-15/',
): string {
  const error = `<Type>Sender</Type><Code>${escape(code)}</Code><Message>${escape(message)}</Message>`;
  return `${head}<ErrorResponse xmlns="${namespace}"><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

function elements(fields: XmlFields, order: Order): string {
  const names = Object.keys(fields);
  const count = names.length;
  let at = Math.floor(order.start * count);
  let text = '';
  for (let left = count; left > 0; left--) {
    const name = names[at] as string;
    const value = fields[name];
    if (value !== undefined) text += `<${name}>${content(value, order)}</${name}>`;
    at = (at + order.step + count) % count;
  }
  return text;
}

function content(value: Exclude<Xml, undefined>, order: Order): string {
  if (typeof value === 'string') return escape(value);
  if (typeof value !== 'object') return String(value);
  if (!isList(value)) return elements(value, order);
  let text = '';
  for (const one of value) if (one !== undefined) text += `<${order.item}>${content(one, order)}</${order.item}>`;
  return text;
}

function isList(value: readonly Xml[] | XmlFields): value is readonly Xml[] {
  return Array.isArray(value);
}

/** XML 1.0 has no way to write most control characters. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
const special = /[&<>"'\r\n\t]/g;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

function escape(text: string): string {
  if (!/[^ !#-%(-;=?-~]/.test(text)) return text;
  return text.replace(unwritable, '\ufffd').replace(special, (found) => escapes[found] ?? found);
}
