import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

import { aCertificate, anAuthority } from '#test/web/certificates.ts';

/**
 * What benches check, as a process of its own on loopback: an HTTP and an HTTPS server with a short body, TLS without
 * resumption, a DNS that knows every name of bench.test, but never answers for one that begins with `dead`, and a server
 * that tells how many requests the first two answered.
 * The first argument is where the certificate of its authority goes.
 */
const body = 'ok '.repeat(64);
let answered = 0;
const answer: RequestListener = (_request, response) => {
  answered++;
  response.setHeader('connection', 'close');
  response.end(body);
};

const authority = anAuthority();
const { cert, key } = aCertificate({ dns: ['*.bench.test'], ips: ['127.0.0.1'], by: authority });
writeFileSync(process.argv[2]!, authority.cert);
const http = await listening(createHttp(answer));
const https = await listening(createHttps({ cert, key, sessionTimeout: 1 }, answer));
const dns = await answering();
const count = await listening(createHttp((_request, response) => void response.end(String(answered))));
process.stdout.write(`target ready: ${http} ${https} ${dns} ${count}\n`);

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve));
  return (server.address() as AddressInfo).port;
}

/** A questions get 127.0.0.1 for five minutes, others an empty answer (RFC 1035 §4). */
async function answering(): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    if (question.toString('ascii', 13, 17) === 'dead') return;
    const end = question.indexOf(0, 12) + 5;
    const isA = question.readUInt16BE(end - 4) === 1;
    const head = Buffer.from([question[0]!, question[1]!, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    const record = isA ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 127, 0, 0, 1] : [];
    socket.send(Buffer.concat([head, question.subarray(12, end), Buffer.from(record)]), from.port, from.address);
  });
  await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));
  return socket.address().port;
}
