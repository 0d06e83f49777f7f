import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it, vi } from 'vitest';

import type { Look } from '#ports/vantage.ts';
import type { Probe } from '#ports/web.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createClock } from '#timers/clock.ts';
import { createRandomText } from '#timers/random.ts';
import { runAgent } from '#vantage/agent.ts';
import { createDesk } from '#vantage/desk.ts';
import { serveAgents } from '#vantage/hub.ts';
import { answerPath, pollPath } from '#vantage/protocol.ts';

const clock = createClock();
const tokens: Record<string, string> = { FRANKFURT: 'f'.repeat(40), TOKYO: 't'.repeat(40), SHORT: 'short' };
const agents = [
  { name: 'frankfurt', variable: 'FRANKFURT' },
  { name: 'tokyo', variable: 'TOKYO' },
  { name: 'short', variable: 'SHORT' },
];
const probe: Probe = {
  url: 'https://shop.example.com/',
  deadlineMs: 1_000,
  statuses: [],
  verifyTls: true,
  maxRedirects: 5,
  freshDns: true,
};
const of = { probe, canaries: ['https://slack.com/api/api.test'] };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function aHub() {
  const { vantage } = createFakeSettings().current();
  const settings = createFakeSettings({ vantage: { ...vantage, agents } });
  const desk = createDesk({ clock, randomText: createRandomText() });
  const { log, lines } = createKeptLog();
  const hub = await serveAgents({ settings, desk, secrets: (name) => tokens[name], clock, log });
  ends.push(hub.close);
  const post = (path: string, token: string, body?: unknown) =>
    fetch(new URL(path, hub.url()), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const take = async (token: string) => {
    const response = await post(pollPath, token);
    return ((await response.json()) as { jobs: { id: string; probe: unknown }[] }).jobs;
  };
  return { hub, desk, settings, post, take, lines };
}

function anAgent(hubs: readonly string[], token: string, look: (probe: Probe) => Promise<Look> | Look) {
  const { log, lines } = createKeptLog();
  const loop = runAgent({ hubs, token, look: async (one) => look(one), clock, random: () => 0, log });
  ends.push(loop.stop);
  return { loop, lines, said: () => lines.map((line) => JSON.stringify(line)).join('\n') };
}

const here = (desk: ReturnType<typeof createDesk>, name: string) =>
  vi.waitFor(() => expect(desk.points([name])[0]?.here).toBe(true), 10_000);

describe('agents and the port that they ask', () => {
  it('are asked at once, and each answers for itself', async () => {
    const { hub, desk } = await aHub();
    const seen: Probe[] = [];
    anAgent([hub.url()!.slice(0, -1)], tokens['FRANKFURT']!, (one) => {
      seen.push(one);
      return { saw: 'down' };
    });
    anAgent([hub.url()!.slice(0, -1)], tokens['TOKYO']!, () => ({ saw: 'nothing', why: 'blind' }));
    await here(desk, 'frankfurt');
    await here(desk, 'tokyo');

    const sightings = await desk.ask(['frankfurt', 'tokyo', 'short'], of, 20_000).answers(15_000);

    expect(sightings).toEqual([
      { from: 'frankfurt', saw: 'down' },
      { from: 'tokyo', saw: 'nothing', why: 'blind' },
      { from: 'short', saw: 'nothing', why: 'missing' },
    ]);
    expect(seen).toEqual([probe]);
  });

  it('are not waited for longer than is allowed', async () => {
    const { hub, desk } = await aHub();
    anAgent([hub.url()!.slice(0, -1)], tokens['FRANKFURT']!, () => new Promise(() => {}));
    await here(desk, 'frankfurt');

    const begun = performance.now();
    const sightings = await desk.ask(['frankfurt'], of, 5_000).answers(100);

    expect(sightings).toEqual([{ from: 'frankfurt', saw: 'nothing', why: 'late' }]);
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it('connect again by themselves after the port was away', async () => {
    const { hub, desk, settings, lines } = await aHub();
    const { vantage } = settings.current();
    const fixed = { ...vantage, port: Number(new URL(hub.url()!).port) };
    const { said, loop } = anAgent([hub.url()!.slice(0, -1)], tokens['FRANKFURT']!, () => ({ saw: 'up' }));
    await here(desk, 'frankfurt');
    await vi.waitFor(() => expect(loop.isConnected()).toBe(true), 10_000);

    settings.change({ vantage: { ...vantage, agents: [] } });
    await vi.waitFor(() => expect(said()).toMatch(/not connected; trying again/), 10_000);
    settings.change({ vantage: fixed });

    await vi.waitFor(() => expect(said().match(/"connected: this place/g)).toHaveLength(2), 10_000);
    expect(await desk.ask(['frankfurt'], of, 20_000).answers(15_000)).toEqual([{ from: 'frankfurt', saw: 'up' }]);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each([
    {
      status: 401,
      body: { error: 'The token is unknown here. Do this.' },
      said: /The token is unknown here\. Do this/,
    },
    { status: 426, body: { error: 'Run the same version.' }, said: /Run the same version/ },
    { status: 404, body: {}, said: /Is DECKHAND_HUB its address/ },
    { status: 302, body: {}, said: /HTTP 302\. Is DECKHAND_HUB/ },
    { status: 200, body: { jobs: [{ id: 1 }] }, said: /Run the same version of Deckhand/ },
    { status: 200, body: 'x'.repeat(2_000_000), said: /too large/ },
  ])('say what to do when they are answered $status', async ({ status, body, said }) => {
    const server: Server = createServer((_request, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const { port } = server.address() as AddressInfo;

    const agent = anAgent([`http://127.0.0.1:${port}`], tokens['FRANKFURT']!, () => ({ saw: 'up' }));

    await vi.waitFor(() => expect(agent.said()).toMatch(said), 10_000);
    expect(agent.said()).not.toContain(tokens['FRANKFURT']);
  });
});

describe('the port for agents', () => {
  it.each([
    ['no token', ''],
    ['a wrong one', 'x'.repeat(40)],
    ['one that is too short to be a secret', 'short'],
    ['the beginning of one', 'f'.repeat(39)],
  ])('gives nothing to whoever shows %s', async (_what, token) => {
    const { post } = await aHub();

    const response = await post(pollPath, token);

    expect(response.status).toBe(401);
    expect(await response.text()).toMatch(/Compare DECKHAND_TOKEN/);
  });

  it('takes an answer once, in time, and only of the one that was asked', async () => {
    const { desk, post, take } = await aHub();
    const polled = take(tokens['FRANKFURT']!);
    await here(desk, 'frankfurt');
    const question = desk.ask(['frankfurt'], of, 60_000);
    const [job] = await polled;
    const answer = { id: job!.id, look: { saw: 'up' } };

    expect((await post(answerPath, tokens['TOKYO']!, answer)).status).toBe(410);
    expect((await post(answerPath, tokens['FRANKFURT']!, answer)).status).toBe(204);
    expect((await post(answerPath, tokens['FRANKFURT']!, { ...answer, look: { saw: 'down' } })).status).toBe(410);
    expect(await question.answers(0)).toEqual([{ from: 'frankfurt', saw: 'up' }]);
  });

  it.each([
    ['no JSON', '{'],
    ['another form', { id: 'x', look: { saw: 'up', why: 'late' } }],
    ['a vote that there is not', { id: 'x', look: { saw: 'sideways' } }],
    ['too much', { id: 'x'.repeat(10_000), look: { saw: 'up' } }],
  ])('refuses an answer with %s, which is no vote', async (_what, body) => {
    const { desk, post, take } = await aHub();
    const polled = take(tokens['FRANKFURT']!);
    await here(desk, 'frankfurt');
    const question = desk.ask(['frankfurt'], of, 60_000);
    const [job] = await polled;
    const text = JSON.stringify(body).replace('"id":"x"', `"id":"${job!.id}"`);

    const { status } = await post(answerPath, tokens['FRANKFURT']!, typeof body === 'string' ? body : text);

    expect(status).toBe(400);
    expect(await question.answers(0)).toEqual([{ from: 'frankfurt', saw: 'nothing', why: 'late' }]);
  });

  it('says what to do to an agent of another version, and to anybody else', async () => {
    const { post, hub } = await aHub();

    expect(await (await post('/vantage/9/poll', tokens['TOKYO']!)).text()).toMatch(/Run the same version of Deckhand/);
    expect((await post('/', tokens['TOKYO']!)).status).toBe(404);
    expect(
      (await fetch(new URL(pollPath, hub.url()), { headers: { authorization: `Bearer ${tokens['TOKYO']}` } })).status,
    ).toBe(404);
  });

  it('forgets a job when its time is over', async () => {
    const { desk, take } = await aHub();
    const polled = take(tokens['FRANKFURT']!);
    await here(desk, 'frankfurt');
    desk.ask(['frankfurt'], of, 1);
    await polled;
    const gone = desk.ask(['frankfurt'], of, 1);
    await gone.answers(0);
    await clock.sleep(20);
    const next = take(tokens['FRANKFURT']!);
    const asked = desk.ask(['frankfurt'], { ...of, probe: { ...probe, url: 'https://other.example.com/' } }, 60_000);

    expect(await next).toEqual([
      {
        id: expect.any(String),
        canaries: of.canaries,
        probe: expect.objectContaining({ url: 'https://other.example.com/' }),
      },
    ]);
    expect(await asked.answers(0)).toHaveLength(1);
  });
});
