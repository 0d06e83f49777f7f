import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { createChat } from '#slack/chat.ts';
import { boltLogger } from '#slack/logger.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

beforeAll(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  if (pending.length > 0) throw new Error(`never asked for: ${pending.join(', ')}`);
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const slack = (method: string) => nock('https://slack.com').post(`/api/${method}`);
const chat = (more: Partial<Parameters<typeof createChat>[0]> = {}) =>
  createChat({
    botToken: 'xoxb-test',
    apiUrl: undefined,
    teamId: 'T1',
    clock: createClock(),
    log: silentLog,
    logger: boltLogger(silentLog),
    isConnected: () => true,
    editGapMs: 0,
    ...more,
  });
const post = { message: { alert: 'a', sections: [{ kind: 'text' as const, lines: ['a'] }] }, token: 't' };
const user = (more: object) => ({ ok: true, user: { id: 'U1', team_id: 'T1', name: 'riley', ...more } });

describe('a rate limit', () => {
  it('on reading people delays neither messages nor whispers, and nobody asks again while Slack wants rest', async () => {
    const here = chat();
    slack('users.info').reply(429, '', { 'retry-after': '60' });
    slack('chat.postMessage').reply(200, { ok: true, channel: 'C1', ts: '1.1' });
    slack('chat.postEphemeral').reply(200, { ok: true, message_ts: '1.2' });

    // Whoever waited as long as Slack wants would not be done before this test is given up.
    await expect(here.person('U1')).rejects.toMatchObject({ code: 'transient' });
    await expect(here.person('U2')).rejects.toMatchObject({ code: 'transient' });
    await here.post('C1', post);
    await here.whisper('C1', 'U1', post);
  });

  it('of one channel does not hold up another', async () => {
    const here = chat();
    slack('chat.postMessage').reply(429, '', { 'retry-after': '60' });
    slack('chat.postMessage').reply(200, { ok: true, channel: 'C2', ts: '1.1' });

    await expect(here.post('C1', post)).rejects.toMatchObject({ code: 'transient' });
    await expect(here.post('C1', post)).rejects.toMatchObject({ code: 'transient' });

    expect(await here.post('C2', post)).toEqual({ channel: 'C2', ts: '1.1' });
  });
});

describe('a post', () => {
  it('that Slack may have taken before it failed is of unknown outcome, and not repeated', async () => {
    slack('chat.postMessage').reply(200, { ok: false, error: 'fatal_error' });

    await expect(chat().post('C1', post)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('that was answered by a page instead of Slack is of unknown outcome', async () => {
    slack('chat.postMessage').reply(200, `<html>${'proxy'.repeat(50)}</html>`);

    await expect(chat().post('C1', post)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('that never left may simply be tried again', async () => {
    const apiUrl = `http://127.0.0.1:${await closedPort()}/api/`;

    await expect(chat({ apiUrl }).post('C1', post)).rejects.toMatchObject({ code: 'transient' });
  });

  it('whose connection is cut before the answer is of unknown outcome, while an edit may be repeated', async () => {
    const { apiUrl, close } = await cutting();
    const here = chat({ apiUrl });

    await expect(here.post('C1', post)).rejects.toMatchObject({ code: 'ambiguous' });
    await expect(here.update({ channel: 'C1', ts: '1.1' }, post)).rejects.toMatchObject({ code: 'transient' });

    await close();
  });
});

describe('who somebody is', () => {
  it.each([
    [{ team_id: 'T2' }, { isExternal: true }],
    [{ team_id: 'T2', enterprise_user: { enterprise_id: 'E1', teams: ['T2', 'T1'] } }, { isExternal: false }],
    [{ team_id: 'T2', enterprise_user: { enterprise_id: 'E1', teams: ['T2'] } }, { isExternal: true }],
    [{ is_stranger: true }, { isExternal: true }],
    [{ is_stranger: false, team_id: 'T2' }, { isExternal: true }],
    [{ team_id: undefined }, { isExternal: true }],
    [{ is_restricted: true }, { isGuest: true }],
    [{ is_ultra_restricted: true }, { isGuest: true }],
    [{ is_bot: true }, { isBot: true }],
    [{ deleted: true }, { isDeleted: true }],
    [{}, { isExternal: false, isGuest: false, isBot: false, isDeleted: false, name: 'riley' }],
  ])('is read from %j', async (fields, expected) => {
    slack('users.info').reply(200, user(fields));

    expect(await chat().person('U1')).toMatchObject(expected);
  });

  it("includes Slack's own bot, which calls itself a person", async () => {
    slack('users.info').reply(200, user({ is_bot: false }));

    expect(await chat().person('USLACKBOT')).toMatchObject({ isBot: true });
  });

  it('is asked again after half a minute, so that a lost role is lost soon', async () => {
    let at = 0;
    const here = chat({ clock: { ...createClock(), monotonic: () => at } });
    slack('usergroups.users.list').reply(200, { ok: true, users: ['U1'] });
    expect(await here.groupMembers('S1')).toEqual(['U1']);
    expect(await here.groupMembers('S1')).toEqual(['U1']);

    at = 31_000;
    slack('usergroups.users.list').reply(500, 'oops');

    await expect(here.groupMembers('S1')).rejects.toMatchObject({ code: 'transient' });
  });

  it.each([
    ['no_such_subteam', 'not-found', /user group/],
    ['plan_upgrade_required', 'not-allowed', /paid Slack plan/],
  ])('cannot be said when Slack answers %s', async (error, code, words) => {
    slack('usergroups.users.list').reply(200, { ok: false, error });

    await expect(chat().groupMembers('S1')).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  });
});

describe('a direct message', () => {
  it('is known without asking Slack, which would take another scope', async () => {
    expect(await chat().channel('D0123')).toMatchObject({ isDirect: true, isMember: true, isExternallyShared: false });
  });

  it('is opened first and then posted to', async () => {
    slack('conversations.open').reply(200, { ok: true, channel: { id: 'D9' } });
    slack('chat.postMessage').reply(200, { ok: true, channel: 'D9', ts: '1.1' });

    expect(await chat().tell('U1', post)).toEqual({ channel: 'D9', ts: '1.1' });
  });
});

describe('a revoked token', () => {
  it('is told to whoever can end the process', async () => {
    const onTokenRefused = vi.fn<() => void>();
    slack('chat.postMessage').reply(200, { ok: false, error: 'token_revoked' });

    await expect(chat({ onTokenRefused }).post('C1', post)).rejects.toMatchObject({ code: 'not-permitted' });

    expect(onTokenRefused).toHaveBeenCalledOnce();
  });
});

describe('a link to a message', () => {
  it('is left out when Slack has none', async () => {
    slack('chat.getPermalink').reply(200, { ok: false, error: 'message_not_found' });
    slack('chat.getPermalink').reply(200, { ok: true, permalink: 'https://x.slack.com/p1' });
    const here = chat();

    expect(await here.permalink({ channel: 'C1', ts: '1.1' })).toBeUndefined();
    expect(await here.permalink({ channel: 'C1', ts: '1.2' })).toBe('https://x.slack.com/p1');
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Reads every request and hangs up. */
async function cutting(): Promise<{ apiUrl: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((request) => {
    request.resume().on('end', () => request.socket.destroy());
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
