import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { createFrameReader, encodeFrame, opcodes } from './web-socket-frames.ts';

/** One WebSocket, seen from the server. */
export type WebSocketLink = {
  send: (text: string) => void;
  ping: () => void;
  /** Sends a close frame and ends the connection when the other side has answered, or after a second. */
  end: (code: number) => void;
  /** Cuts the connection without a word. */
  destroy: () => void;
};

type Handlers = { onText: (text: string) => void; onPong: () => void; onClose: () => void };

/** Ms to wait for the other side's close frame. */
const closeWithinMs = 1_000;

/**
 * Answers an upgrade request as RFC 6455 wants it; undefined when it is none, which was then refused. Broken frames close
 * the connection with 1002, 1007 or 1009. Source: https://www.rfc-editor.org/rfc/rfc6455
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  handlers: Handlers,
): WebSocketLink | undefined {
  const key = request.headers['sec-websocket-key'];
  const wanted =
    request.headers.upgrade?.toLowerCase() === 'websocket' && request.headers['sec-websocket-version'] === '13';
  if (!wanted || key === undefined || !/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    socket.end(
      'HTTP/1.1 400 Bad Request\r\nsec-websocket-version: 13\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    );
    return undefined;
  }
  let closing: NodeJS.Timeout | undefined;
  let over = false;

  function write(frame: Buffer): void {
    if (!over && socket.writable) socket.write(frame);
  }
  function finish(): void {
    if (over) return;
    over = true;
    clearTimeout(closing);
    socket.destroy();
    handlers.onClose();
  }
  function end(code: number): void {
    if (closing !== undefined || over) return;
    write(encodeFrame(opcodes.close, Buffer.from([code >> 8, code & 255])));
    closing = setTimeout(finish, closeWithinMs).unref();
  }
  const read = createFrameReader({
    onMessage: (text) => handlers.onText(text),
    onPing: (payload) => write(encodeFrame(opcodes.pong, payload)),
    onPong: () => handlers.onPong(),
    onClose: (payload) => {
      if (closing === undefined) write(encodeFrame(opcodes.close, payload.subarray(0, 2)));
      clearTimeout(closing);
      closing = setTimeout(finish, closeWithinMs).unref();
      socket.end(finish);
    },
    onBroken: (code) => end(code),
  });

  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', (data: Buffer) => read(data));
  socket.on('error', finish);
  socket.on('close', finish);
  socket.on('end', finish);
  if (head.length > 0) read(head);
  return {
    send: (text) => write(encodeFrame(opcodes.text, Buffer.from(text))),
    ping: () => write(encodeFrame(opcodes.ping, Buffer.from('Ping from the sandbox'))),
    end,
    destroy: finish,
  };
}
