/**
 * The looks that count, the oldest first: `-` in trouble, `+` well. It begins with one in trouble, so that '' is nothing to
 * remember. What is steady stays the same text and need not be written again.
 */
export type Looks = string;

/** With one more look; only the last `outOf` matter. */
export function withLook(looks: Looks, look: '+' | '-', outOf: number): Looks {
  return `${looks}${look}`.slice(-outOf).replace(/^\++/, '');
}

export function badOf(looks: Looks): number {
  return looks.replaceAll('+', '').length;
}

export function isBadNow(looks: Looks): boolean {
  return looks.endsWith('-');
}
