import type { RefusalCode } from '#errors.ts';

/** refusal: AWS said no and nothing happened. transient: nothing happened, and it may work soon. unsure: AWS failed in the
 *  middle. `next` is the next move. */
export type Meaning =
  | { kind: 'refusal'; code: RefusalCode; next: string }
  | { kind: 'transient'; next: string }
  | { kind: 'unsure' };

export function refusal(code: RefusalCode, next: string): Meaning {
  return { kind: 'refusal', code, next };
}
