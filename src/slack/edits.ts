import type { Clock, Log } from '#ports/clock.ts';

type Pending = { send: () => Promise<void>; done: ((error?: unknown) => void)[] };
type Card = { sentAt: number; pending: Pending | undefined; busy: boolean };

/** At most one edit per message and `gapMs`; in between only the newest state is kept. Every caller hears when its state, or a newer one, was sent. */
export function createEdits({ clock, log, gapMs }: { clock: Clock; log: Log; gapMs: number }) {
  const cards = new Map<string, Card>();

  return async function edit(key: string, send: () => Promise<void>, now: boolean): Promise<void> {
    const card = cards.get(key) ?? { sentAt: Number.NEGATIVE_INFINITY, pending: undefined, busy: false };
    cards.set(key, card);
    const waiting = card.pending?.done ?? [];
    const sent = new Promise<void>((resolve, reject) =>
      waiting.push((error) => (error === undefined ? resolve() : reject(error))),
    );
    card.pending = { send, done: waiting };
    if (now) void flush(key, card);
    else if (!card.busy && waiting.length === 1)
      clock.after(Math.max(0, card.sentAt + gapMs - clock.now()), () => void flush(key, card));
    return sent;
  };

  async function flush(key: string, card: Card): Promise<void> {
    if (card.busy || card.pending === undefined) return;
    const { send, done } = card.pending;
    card.pending = undefined;
    card.busy = true;
    const failure = await send().then(
      () => undefined,
      (error: unknown) => error ?? new Error('unknown'),
    );
    card.busy = false;
    card.sentAt = clock.now();
    for (const tell of done) tell(failure);
    if (card.pending !== undefined) void flush(key, card);
    else if (cards.size > 5_000) cards.delete(key);
    if (failure !== undefined) log.debug({ key }, 'an edit failed');
  }
}
