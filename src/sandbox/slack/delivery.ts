import { randomUUID } from 'node:crypto';

import type { HttpSender } from './http-sender.ts';
import type { Logbook } from './logbook.ts';
import type { Sockets } from './sockets.ts';

/** What the app is told. */
export type Request = {
  kind: 'slash_commands' | 'interactive' | 'events_api';
  payload: Readonly<Record<string, unknown>>;
  /** The ack may carry an answer: text, a view, errors, options. */
  acceptsResponse: boolean;
  retry?: { number: number; reason: string };
};
export type DeliveryError = 'operation_timeout' | 'dispatch_failed' | 'http_client_error' | 'http_service_error';
export type Outcome =
  | { ok: true; /** Ms from sending to the ack. */ afterMs: number; response: unknown }
  | { ok: false; error: DeliveryError; /** The app does not want it again. */ final?: boolean };

/**
 * Gives the app a request, by Socket Mode when it is connected, else by a signed HTTP request when there is an address,
 * else not at all ("dispatch_failed"). An ack after the deadline counts as none, and what it says is dropped. `times`
 * repeats the very same request at once. One outcome for each time.
 */
export type Deliver = (request: Request, times?: number) => Promise<readonly Outcome[]>;

/** Ms to acknowledge. Source: https://docs.slack.dev/interactivity/handling-user-interaction */
export const ackWithinMs = 3_000;

type Waiting = { resolve: (outcome: Outcome) => void; startedAt: number; timer: NodeJS.Timeout };

export type Delivery = {
  deliver: Deliver;
  onAck: (envelopeId: string, payload: unknown) => void;
  /** Ends every wait as not answered. */
  close: () => void;
};

export function createDelivery(of: {
  sockets: () => Sockets;
  sendByHttp: HttpSender | undefined;
  logbook: Logbook;
  withinMs: number;
}): Delivery {
  const { sockets, sendByHttp, logbook, withinMs } = of;
  const waiting = new Map<string, Waiting[]>();
  const finished = new Map<string, 'late_ack' | 'double_ack'>();

  function finish(id: string, one: Waiting, outcome: Outcome): void {
    clearTimeout(one.timer);
    const rest = (waiting.get(id) ?? []).filter((other) => other !== one);
    if (rest.length > 0) waiting.set(id, rest);
    else waiting.delete(id);
    finished.set(id, outcome.ok ? 'double_ack' : 'late_ack');
    const oldest = finished.keys().next().value;
    if (finished.size > 500 && oldest !== undefined) finished.delete(oldest);
    one.resolve(outcome);
  }
  function sendBySocket(id: string, request: Request): Promise<Outcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(id, one, { ok: false, error: 'operation_timeout' }), withinMs);
      const one: Waiting = { resolve, startedAt: performance.now(), timer };
      waiting.set(id, [...(waiting.get(id) ?? []), one]);
      if (!sockets().send(envelope(id, request))) finish(id, one, { ok: false, error: 'dispatch_failed' });
    });
  }

  return {
    deliver: async (request, times = 1) => {
      const id = randomUUID();
      const copies = Array.from({ length: times });
      if (sockets().count() > 0) return Promise.all(copies.map(() => sendBySocket(id, request)));
      if (sendByHttp !== undefined) return Promise.all(copies.map(() => sendByHttp(request)));
      return copies.map(() => ({ ok: false, error: 'dispatch_failed' }));
    },
    onAck: (id, payload) => {
      const [one] = waiting.get(id) ?? [];
      if (one !== undefined)
        return finish(id, one, { ok: true, afterMs: Math.round(performance.now() - one.startedAt), response: payload });
      logbook.refused('ack', finished.get(id) ?? 'unknown_envelope', `envelope ${id}`);
    },
    close: () => {
      for (const [id, all] of waiting) for (const one of all) finish(id, one, { ok: false, error: 'dispatch_failed' });
    },
  };
}

function envelope(id: string, { kind, payload, acceptsResponse, retry }: Request): string {
  return JSON.stringify({
    envelope_id: id,
    type: kind,
    accepts_response_payload: acceptsResponse,
    payload,
    ...(kind === 'events_api' ? { retry_attempt: retry?.number ?? 0, retry_reason: retry?.reason ?? '' } : {}),
  });
}
