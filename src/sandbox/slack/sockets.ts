import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { bot } from './seed.ts';
import { acceptWebSocket } from './web-socket.ts';
import type { WebSocketLink } from './web-socket.ts';

export const disconnectReasons = ['warning', 'refresh_requested', 'link_disabled'] as const;
type DisconnectReason = (typeof disconnectReasons)[number];

/** Socket Mode: the connections of the app. Source: https://docs.slack.dev/apis/events-api/using-socket-mode */
export type Sockets = {
  /** Path and query of a WebSocket that opens once, within 30 s. */
  ticket: () => string;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Gives the text to one connection, to each in turn. False when there is none. */
  send: (text: string) => boolean;
  count: () => number;
  /** Tells every connection to go; `true` cuts them without a word. */
  disconnect: (reason: true | DisconnectReason) => void;
  /** While off, new connections are refused and present ones cut. */
  allow: (allowed: boolean) => void;
  close: () => void;
};

/** Slack keeps at most ten connections per app. */
const mostConnections = 10;
const ticketMs = 30_000;
/** Ms between pings; the client gives up after 30 s without one. */
const pingEveryMs = 5_000;
/** Ms from "warning" to the end of the connection. */
const warningMs = 10_000;

type Connection = { link: WebSocketLink; heardAt: number; timer: NodeJS.Timeout };

export function createSockets(of: {
  now: () => number;
  /** Every JSON object an app sends: an ack. */
  onAck: (envelopeId: string, payload: unknown) => void;
  onBroken: (detail: string) => void;
  changed: () => void;
}): Sockets {
  const { now, onAck, onBroken, changed } = of;
  const tickets = new Map<string, number>();
  const connections = new Set<Connection>();
  let allowed = true;
  let turn = 0;

  function read(text: string): void {
    const message = parse(text);
    if (message === undefined) return onBroken('a frame is no JSON object with an envelope_id');
    onAck(message.envelopeId, message.payload);
  }
  function welcome(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    let connection: Connection | undefined;
    const link = acceptWebSocket(request, socket, head, {
      onText: read,
      onPong: () => {
        if (connection !== undefined) connection.heardAt = performance.now();
      },
      onClose: () => {
        if (connection === undefined) return;
        clearInterval(connection.timer);
        connections.delete(connection);
        changed();
      },
    });
    if (link === undefined) return;
    if (connections.size >= mostConnections) {
      link.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }));
      return link.end(1_008);
    }
    const opened: Connection = {
      link,
      heardAt: performance.now(),
      timer: setInterval(() => keepAlive(opened), pingEveryMs).unref(),
    };
    connection = opened;
    connections.add(opened);
    link.send(
      JSON.stringify({
        type: 'hello',
        num_connections: connections.size,
        connection_info: { app_id: bot.app },
        debug_info: { host: 'sandbox', approximate_connection_time: 3_600 },
      }),
    );
    link.ping();
    changed();
  }

  return {
    ticket: () => {
      const id = randomBytes(16).toString('hex');
      for (const [old, at] of tickets) if (now() - at > ticketMs) tickets.delete(old);
      tickets.set(id, now());
      return `/link/?ticket=${id}&app_id=${bot.app}`;
    },
    upgrade: (request, socket, head) => {
      const id = URL.parse(request.url ?? '', 'http://127.0.0.1')?.searchParams.get('ticket') ?? '';
      const issuedAt = tickets.get(id);
      tickets.delete(id);
      const valid = allowed && issuedAt !== undefined && now() - issuedAt <= ticketMs;
      if (valid) return welcome(request, socket, head);
      socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    },
    send: (text) => {
      const all = [...connections];
      const chosen = all[turn++ % Math.max(1, all.length)];
      chosen?.link.send(text);
      return chosen !== undefined;
    },
    count: () => connections.size,
    disconnect: (reason) => {
      for (const { link } of connections) {
        if (reason === true) link.destroy();
        else {
          link.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }));
          setTimeout(() => link.end(1_001), reason === 'warning' ? warningMs : 1_000).unref();
        }
      }
      if (reason === 'link_disabled') allowed = false;
    },
    allow: (now) => {
      allowed = now;
      if (!now) for (const { link } of connections) link.destroy();
    },
    close: () => {
      allowed = false;
      for (const { link } of connections) link.end(1_001);
    },
  };
}

/** Pings; cuts the connection when three pings stayed unanswered. */
function keepAlive({ link, heardAt }: Connection): void {
  if (performance.now() - heardAt > 3 * pingEveryMs) return link.destroy();
  link.ping();
}

function parse(text: string): { envelopeId: string; payload: unknown } | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('envelope_id' in message)) return undefined;
    if (typeof message.envelope_id !== 'string') return undefined;
    return { envelopeId: message.envelope_id, payload: 'payload' in message ? message.payload : undefined };
  } catch {
    return undefined;
  }
}
