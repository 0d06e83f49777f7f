import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createChat } from '#slack/chat.ts';
import { boltLogger } from '#slack/logger.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  if (pending.length > 0) throw new Error(`never asked for: ${pending.join(', ')}`);
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const slack = () => nock('https://slack.com').post(/^\/api\//);
const chat = () =>
  createChat({
    botToken: 'xoxb-test',
    apiUrl: undefined,
    teamId: 'T1',
    clock: createClock(),
    log: silentLog,
    logger: boltLogger(silentLog),
    isConnected: () => true,
    editGapMs: 0,
  });
const post = { message: { alert: 'a <b>', sections: [{ kind: 'text' as const, lines: ['<!here>'] }] }, token: 't' };

describe("Slack's Web API", () => {
  it('gets a post with blocks as a JSON string, an escaped fallback and no unfurling', async () => {
    let body: Record<string, string> = {};
    nock('https://slack.com', { reqheaders: { authorization: 'Bearer xoxb-test' } })
      .post('/api/chat.postMessage', (sent: Record<string, string>) => {
        body = sent;
        return true;
      })
      .reply(200, { ok: true, channel: 'C1', ts: '1.1' });

    expect(await chat().post('C1', post, '0.9')).toEqual({ channel: 'C1', ts: '1.1' });

    expect(body).toMatchObject({ channel: 'C1', text: 'a &lt;b&gt;', thread_ts: '0.9', unfurl_links: 'false' });
    expect(JSON.parse(body['blocks']!)).toMatchObject([
      { type: 'rich_text', elements: [{ elements: [{ type: 'text', text: '<!here>' }] }] },
    ]);
  });

  it.each([
    ['not_in_channel', { name: 'Refusal', code: 'not-here', message: expect.stringMatching(/invite @Deckhand/) }],
    ['is_archived', { name: 'Refusal', code: 'not-here' }],
    ['message_not_found', { name: 'Refusal', code: 'not-here', data: { reason: 'message_not_found' } }],
    ['token_revoked', { name: 'Refusal', code: 'not-permitted', message: expect.stringMatching(/SLACK_BOT_TOKEN/) }],
    ['missing_scope', { name: 'Refusal', code: 'not-permitted', message: expect.stringMatching(/manifest\.yml/) }],
    ['invalid_blocks', { message: expect.stringMatching(/invalid_blocks/) }],
  ])('says %s in words a person can act on', async (error, expected) => {
    slack().reply(200, { ok: false, error });

    await expect(chat().update({ channel: 'C1', ts: '1.1' }, post, { now: true })).rejects.toMatchObject(expected);
  });

  it('does not know whether a post arrived when the answer is broken, but may repeat an edit', async () => {
    slack().reply(500, 'oops');
    await expect(chat().post('C1', post)).rejects.toMatchObject({ code: 'ambiguous' });

    slack().reply(500, 'oops');
    await expect(chat().update({ channel: 'C1', ts: '1.1' }, post, { now: true })).rejects.toMatchObject({
      code: 'transient',
    });
  });

  it('gives up on a long rate limit and waits out a short one', async () => {
    slack().reply(429, '', { 'retry-after': '60' });
    await expect(chat().post('C1', post)).rejects.toMatchObject({
      code: 'transient',
      message: expect.stringMatching(/60 s/),
    });

    slack().reply(429, '', { 'retry-after': '0' });
    slack().reply(200, { ok: true, channel: 'C1', ts: '2.2' });
    expect(await chat().post('C1', post)).toEqual({ channel: 'C1', ts: '2.2' });
  });

  it('counts a person of another workspace as external, and remembers an answer for a while', async () => {
    slack().reply(200, { ok: true, user: { id: 'U1', team_id: 'T2', name: 'eve', profile: { display_name: '' } } });
    const here = chat();

    expect(await here.person('U1')).toMatchObject({ isExternal: true, name: 'eve' });
    expect(await here.person('U1')).toMatchObject({ isExternal: true });
  });

  it('does not remember that it was outside a channel', async () => {
    const here = chat();
    slack().reply(200, { ok: true, channel: { id: 'C1', name: 'ops', is_member: false } });
    expect(await here.channel('C1')).toMatchObject({ isMember: false });

    slack().reply(200, { ok: true, channel: { id: 'C1', name: 'ops', is_member: true } });
    expect(await here.channel('C1')).toMatchObject({ isMember: true });
  });
});
