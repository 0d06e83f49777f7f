import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';

import { afterEach } from 'vitest';

import type { Certified } from './certificates.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(() => closeAll());

/** Closes what the running test opened; happens after every test anyway. */
export async function closeAll(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

/** Closes it when the running test is over. */
export function closeLater(close: () => Promise<unknown>): void {
  closing.push(close);
}

/** An HTTP server on loopback for one test; answers its base URL. */
export async function http(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttp(listener))}`;
}

export async function https(by: Certified, listener: RequestListener): Promise<string> {
  return `https://127.0.0.1:${await listen(createHttps(by, listener))}`;
}

/** A server that speaks no HTTP of itself; answers its port. */
export function tcp(connected: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcp((socket) => {
      socket.on('error', () => {});
      socket.resume(); // so that it notices when the other side goes
      connected(socket);
    }),
  );
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createTcp();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** Name to addresses, `CNAME other.test`, `MX 10 mail.test` or `TXT text`; 'silent' for no answer at all; what is not listed does not exist. */
export type Zone = Record<string, readonly string[] | 'silent'>;

/** A DNS server on loopback that answers A questions from `zone`, with a TTL in seconds. */
export async function dns(zone: Zone, ttl = 60): Promise<{ address: string; asked: string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question, from) => {
    const { name, type, end } = readQuestion(question);
    asked.push(`${types[type] ?? type} ${name}`);
    const entry = zone[name];
    if (entry === 'silent') return;
    const data = (entry ?? []).flatMap((record) => dataOf(record, type));
    const head = Buffer.alloc(12);
    question.copy(head, 0, 0, 2);
    head.writeUInt16BE(entry === undefined ? 0x81_83 : 0x81_80, 2); // NXDOMAIN or no error
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(data.length, 6);
    const answers = data.map((bytes) => {
      const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes]);
      record.writeUInt32BE(ttl, 6);
      return record;
    });
    socket.send(Buffer.concat([head, question.subarray(12, end), ...answers]), from.port, from.address);
  });
  await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));
  closeLater(() => new Promise<void>((resolve) => void socket.close(resolve)));
  return { address: `127.0.0.1:${socket.address().port}`, asked };
}

const types: Readonly<Record<number, string>> = { 1: 'A', 5: 'CNAME', 15: 'MX', 16: 'TXT', 28: 'AAAA' };

/** What a record of this type holds (RFC 1035 §3.3, RFC 3596); nothing when it is of another type. */
function dataOf(record: string, type: number): readonly Uint8Array[] {
  const [kind = '', first = '', second = ''] = record.split(' ');
  if (kind === 'CNAME') return type === 5 ? [labels(first)] : [];
  if (kind === 'MX') return type === 15 ? [Buffer.concat([Buffer.from([0, Number(first)]), labels(second)])] : [];
  if (kind === 'TXT')
    return type === 16 ? [Buffer.concat([Buffer.from([record.length - 4]), Buffer.from(record.slice(4))])] : [];
  if (record === '::1') return type === 28 ? [Buffer.from([...Array<number>(15).fill(0), 1])] : [];
  return type === 1 ? [Buffer.from(record.split('.').map(Number))] : [];
}

function labels(name: string): Buffer {
  const parts = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let size = message[at] ?? 0; size > 0; size = message[at] ?? 0) {
    labels.push(message.toString('ascii', at + 1, at + 1 + size));
    at += size + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

/** Sockets this process holds open. */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').length;
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closeLater(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => void server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
