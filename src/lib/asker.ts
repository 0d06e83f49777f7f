import type { Order } from '#ports/history.ts';
import { deckhand } from '#ports/ids.ts';
import type { Piece } from '#ports/text.ts';

/** Who asked, as a message shows it: the person, or `Deckhand (schedule nightly)`. */
export function asker({ requester, because }: Pick<Order, 'requester' | 'because'>): Piece {
  if (requester !== deckhand) return { user: requester };
  return because === undefined ? 'Deckhand' : `Deckhand (${because})`;
}
