import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sandboxSigningSecret } from '#sandbox/slack/seed.ts';
import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { createDriver, type Driver } from './sandbox.ts';

const folder = tempFolder('http');
let servers: Child;
let bot: Child;
let driver: Driver;
let port = 0;

beforeAll(async () => {
  port = await freePort();
  servers = startNode([
    'src/sandbox/main.ts',
    '--port',
    '0',
    '--speed',
    '50',
    '--data-dir',
    folder.path,
    '--servers-only',
    '--request-url',
    `http://127.0.0.1:${port}/slack/events`,
  ]);
  const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/);
  const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
  const environment = Object.fromEntries(
    line!.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  delete environment['SLACK_APP_TOKEN'];
  driver = createDriver(url!);
  bot = startNode(['src/main.ts'], { ...environment, SLACK_SIGNING_SECRET: sandboxSigningSecret, PORT: String(port) });
  await printed(bot, /Deckhand is ready/, 40_000);
});
afterAll(async () => {
  await bot.kill('SIGKILL');
  await servers.kill('SIGTERM');
  folder.remove();
});

describe('a real install in HTTP mode', () => {
  it('takes signed commands and buttons on its one port, and answers /healthz there', async () => {
    await driver.command('requester', 'ops', '/tag web-1 owner=night-shift');
    const card = await driver.read('ops', /Change tags of web-1/);
    await driver.press('requester', card, 'confirm');

    await driver.turn(card, /done: Changed tags of web-1/);
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      ok: true,
      siteChecks: { skipped: expect.any(Number), lagP99: expect.any(Number) },
    });
  });

  it('exits 0 on SIGTERM', async () => {
    expect(await bot.kill('SIGTERM')).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
