import { createHash } from 'node:crypto';

/** 64 hexadecimal digits that only depend on the text. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An id as EC2 gives them: the prefix, a zero and 16 hexadecimal digits. */
export function idOf(prefix: string, text: string): string {
  return `${prefix}-0${digest(text).slice(0, 16)}`;
}

/** A number from 0 up to, but not, 1 that only depends on the text; cheap (FNV-1a), so good enough for dice only. */
export function diceOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** A UUID that only depends on the text. */
export function uuidOf(text: string): string {
  return digest(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
