import type { Block } from './shapes.ts';

/** The text, or '' when it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The object's fields, or none when it is no object. */
export function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The items that are objects; a missing type becomes 'unknown'. */
export function list(value: unknown): readonly Block[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) => block(item));
}

/** The value as a block, element or object of Block Kit. */
export function block(value: unknown): Block {
  const fields = object(value);
  return { ...fields, type: text(fields['type']) || 'unknown' };
}

/** Words of a text object (`{ type, text }`), '' when there is none. */
export function words(value: unknown): string {
  return text(object(value)['text']);
}
