import type { Clock } from '#ports/clock.ts';

type Waiter = { resolve: () => void; reject: (error: unknown) => void };
type Batch = { send: () => Promise<void>; waiters: Waiter[]; now: boolean };
type Card = { next: Batch | undefined; wake: () => void };

/**
 * At most one edit per message and `gapMs`; in between only the newest state is kept, and it is always sent. `now` ends
 * the gap, not an edit under way: edits of one message never overtake each other. Every caller hears when its state, or a
 * newer one, was sent.
 */
export function createEdits({ clock, gapMs }: { clock: Pick<Clock, 'after'>; gapMs: number }) {
  const cards = new Map<string, Card>();

  return function edit(key: string, send: () => Promise<void>, now: boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { resolve, reject };
    const card = cards.get(key);
    if (card !== undefined) {
      card.next = { send, waiters: [...(card.next?.waiters ?? []), waiter], now: now || card.next?.now === true };
      if (now) card.wake();
      return promise;
    }
    const fresh: Card = { next: { send, waiters: [waiter], now }, wake: () => undefined };
    cards.set(key, fresh);
    void drive(key, fresh);
    return promise;
  };

  /** Sends until nothing is left, with the gap after every edit; then the message is forgotten. Never rejects. */
  async function drive(key: string, card: Card): Promise<void> {
    while (card.next !== undefined) {
      const { send, waiters } = card.next;
      card.next = undefined;
      try {
        await send();
        for (const { resolve } of waiters) resolve();
      } catch (error) {
        for (const { reject } of waiters) reject(error);
      }
      await gap(card);
    }
    cards.delete(key);
  }

  function gap(card: Card): Promise<void> {
    if (card.next?.now === true) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.after(gapMs, resolve);
      card.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
