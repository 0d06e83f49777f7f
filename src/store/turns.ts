/** Whose turn it is on a connection that serves one at a time, first come, first served. */
export type Turns = {
  /** Resolves when it is the caller's turn. Throws when the holder sits on an open transaction (see createTurns). */
  take: () => Promise<void>;
  /** The next one's turn. */
  pass: () => void;
  /** The holder keeps its turn but does nothing at the moment: a transaction is open. */
  rest: () => void;
  /** The holder works again. */
  resume: () => void;
};

type Waiter = { begin: () => void; fail: (error: Error) => void; timer: NodeJS.Timeout };

/**
 * A waiter gives up as soon as the holder has rested for `restLimitMs` with its transaction open: then the holder most
 * likely waits for that very waiter, a deadlock that no database can see. The holder keeps its turn and can end it.
 */
export function createTurns(restLimitMs: number): Turns {
  const waiting: Waiter[] = [];
  let taken = false;
  let restingSince: number | undefined;

  function watch(waiter: Omit<Waiter, 'timer'>, afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      const at = waiting.findIndex((one) => one.begin === waiter.begin);
      const one = waiting[at];
      if (one === undefined) return;
      const restedMs = restingSince === undefined ? 0 : performance.now() - restingSince;
      if (restedMs < restLimitMs) {
        one.timer = watch(waiter, Math.max(restLimitMs - restedMs, 10));
        return;
      }
      waiting.splice(at, 1);
      waiter.fail(new NestedCheckout(restLimitMs));
    }, afterMs).unref();
  }

  return {
    take: () => {
      if (!taken) {
        taken = true;
        return Promise.resolve();
      }
      return new Promise((begin, fail) => {
        waiting.push({ begin, fail, timer: watch({ begin, fail }, restLimitMs) });
      });
    },
    pass: () => {
      restingSince = undefined;
      const next = waiting.shift();
      if (next === undefined) {
        taken = false;
        return;
      }
      clearTimeout(next.timer);
      next.begin();
    },
    rest: () => {
      restingSince = performance.now();
    },
    resume: () => {
      restingSince = undefined;
    },
  };
}

/** A second connection was asked for while a transaction was open and idle: a mistake in the calling code. */
class NestedCheckout extends Error {
  readonly code = 'nested-checkout';

  constructor(restLimitMs: number) {
    super(
      `An open transaction has held the embedded store for ${restLimitMs / 1000} s without a statement while another ` +
        'connection was asked for. Inside a transaction use only its own connection, and end it without waiting for anything else.',
    );
    this.name = 'NestedCheckout';
  }
}
