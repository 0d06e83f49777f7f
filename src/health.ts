import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Refusal } from '#errors.ts';

export type HealthServer = { port: number; close: () => Promise<void> };

/**
 * `GET /healthz` answers 200 while Slack is connected and 503 otherwise, with `figures` beside `ok`. Throws Refusal when the
 * port is taken.
 */
export async function serveHealth(of: {
  port: number;
  host: string;
  isHealthy: () => boolean;
  figures?: () => object;
}): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const known = request.method === 'GET' && request.url === '/healthz';
    const healthy = of.isHealthy();
    response.writeHead(known ? (healthy ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? { ok: healthy, ...of.figures?.() } : { error: 'only GET /healthz is here' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new Refusal(
          'bad-input',
          `Port ${of.port} cannot be opened (${error.code ?? error.message}). Set PORT to a free one, or stop what uses it.`,
          {},
          { cause: error },
        ),
      );
    });
    server.listen(of.port, of.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
