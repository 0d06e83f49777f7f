import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Child, printed, startNode } from '#test/support/processes.ts';

import { type Bot, startBot } from './bot.ts';

/**
 * A hub called office and two agents, all of them processes. The site sees by a header who asks; that header is a secret of
 * each process, so it also shows that secrets do not travel.
 */
const tokens = { FRANKFURT_TOKEN: 'f'.repeat(40), TOKYO_TOKEN: 't'.repeat(40) };
const downFor = new Set<string>();
const asked: string[] = [];
let site: Server;
let bot: Bot;
let url = '';
const agents: Child[] = [];

function startAgent(place: string, token: string): Child {
  const agent = startNode(['src/main.ts', '--agent'], {
    DECKHAND_HUB: url,
    DECKHAND_TOKEN: token,
    DECKHAND_ALLOW_PRIVATE: '127.0.0.1',
    DECKHAND_SECRETS: 'PLACE',
    PLACE: place,
  });
  agents.push(agent);
  return agent;
}
const connected = (agent: Child) => printed(agent, /connected: this place looks/, 60_000);

beforeAll(async () => {
  site = createServer((request, response) => {
    const place = String(request.headers['x-place']);
    asked.push(place);
    response.writeHead(downFor.has(place) ? 500 : 200).end('ok');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  bot = await startBot({ env: { ...tokens, PLACE: 'office', DECKHAND_NAME: 'office' } });
  const address = `http://127.0.0.1:${port}/`;
  await bot.reconfigure({
    monitoring: `  blind: { canaries: ["${bot.url}/demo-site"] }`,
    alerts: '  reopen: 1s',
    sitesDefaults: '  { interval: 2s, deadline: 2s, recheck: [200ms, 400ms], recover: { every: 300ms } }',
    sites: `  - { name: shop, url: "${address}", headers: { x-place: "\${env:PLACE}" } }`,
    vantage:
      '  port: 0\n  wait: 4s\n  agents:\n    - { name: frankfurt, token: "${env:FRANKFURT_TOKEN}" }\n    - { name: tokyo, token: "${env:TOKYO_TOKEN}" }',
  });
  url = await bot.until(
    async () => /"url":"(http:[^"]+)"[^\n]*the place where agents ask for work is served/.exec(bot.output())?.[1],
    'the port for agents',
    60_000,
  );
}, 240_000);
afterAll(async () => {
  for (const agent of agents) await agent.kill('SIGKILL');
  await bot.stop();
  site.close();
  site.closeAllConnections();
});

const roots = async () =>
  (await bot.messages('alerts')).filter(
    ({ ts, thread_ts, text }) => (thread_ts === undefined || thread_ts === ts) && /shop/.test(text),
  );
const sites = async () => {
  await bot.command('requester', 'ops', '/deck sites');
  return bot.see('ops', ({ plain }) => plain.includes('Confirmed from'));
};
const rounds = async (place: string, count: number) => {
  const before = asked.filter((one) => one === place).length;
  await bot.until(
    async () => asked.filter((one) => one === place).length >= before + count,
    `${count} looks from ${place}`,
    60_000,
  );
};

describe('a hub and two agents', () => {
  it('tell nobody of a site that is down from one place only', { timeout: 120_000 }, async () => {
    const [frankfurt, tokyo] = [
      startAgent('frankfurt', tokens.FRANKFURT_TOKEN),
      startAgent('tokyo', tokens.TOKYO_TOKEN),
    ];
    await Promise.all([connected(frankfurt), connected(tokyo)]);
    downFor.add('office');

    await rounds('tokyo', 3);

    expect(await roots()).toEqual([]);
    await bot.until(
      async () => /down only from office; up from frankfurt and tokyo/.test((await sites()).plain),
      'the remark',
      60_000,
    );
    expect((await sites()).plain).toMatch(/frankfurt, connected · tokyo, connected/);
    downFor.clear();
    await rounds('office', 2);
  });

  it('tell once, with the places, of one that is down from two', { timeout: 120_000 }, async () => {
    downFor.add('office').add('frankfurt');

    const alert = await bot.read('alerts', /CRITICAL: shop is down/, 60_000);

    expect(alert.plain).toMatch(/from 2 of 3: office and frankfurt; up from tokyo/);
    expect(await roots()).toHaveLength(1);
    downFor.clear();
    await bot.turn(alert, /Over after/, 60_000);
  });

  it(
    'go on without agents: the alert comes in time and says that nobody confirmed it',
    { timeout: 120_000 },
    async () => {
      const before = (await roots()).length;
      for (const agent of agents) await agent.kill('SIGKILL');
      const at = Date.now();
      downFor.add('office');

      const alert = await bot.see(
        'alerts',
        ({ text, plain }) => /CRITICAL: shop is down/.test(text) && plain.includes('not confirmed'),
        60_000,
      );

      expect(alert.plain).toMatch(/from office alone; not confirmed: no answer from frankfurt \(.*\) and tokyo \(.*\)/);
      // An interval (2 s), the re-checks (400 ms) and the wait (4 s); the rest is a slow machine.
      expect(Date.now() - at).toBeLessThan(30_000);
      downFor.clear();
      await bot.turn(alert, /Over after/, 60_000);
      expect(await roots()).toHaveLength(before + 1);
    },
  );

  it('end within seconds when asked to, and say what is wrong at the start', { timeout: 60_000 }, async () => {
    const agent = startAgent('frankfurt', tokens.FRANKFURT_TOKEN);
    await connected(agent);
    expect(await agent.kill('SIGTERM')).toBe(0);

    const help = startNode(['src/main.ts', '--agent', '--help']);
    await printed(help, /DECKHAND_HUB/);
    const wrong = startNode(['src/main.ts', '--agent'], { DECKHAND_HUB: 'http://deckhand.example.com' });
    await printed(wrong, /plain http to another machine[^]*DECKHAND_TOKEN: is missing/);
    const stranger = startAgent('mars', 'm'.repeat(40));
    await printed(stranger, /Compare DECKHAND_TOKEN/);
  });
});
