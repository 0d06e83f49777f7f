import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sandboxTokens } from '#sandbox/slack/seed.ts';

import { manifestWith, movableClock, startWorkspace } from './support.ts';
import type { Answer, WorkspaceServer } from './support.ts';

let workspace: WorkspaceServer;
let clock: ReturnType<typeof movableClock>;

beforeEach(async () => {
  clock = movableClock();
  workspace = await startWorkspace({ now: clock.now });
});
const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slack-'));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  await workspace.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const modal = (more: object = {}) => ({
  type: 'modal',
  title: { type: 'plain_text', text: 'A form' },
  blocks: [section('hello')],
  ...more,
});

async function refused(method: string, values: Record<string, unknown>, token?: string): Promise<Answer> {
  const { body } = await workspace.call(method, values, token);
  expect(body.ok).toBe(false);
  return body;
}
async function post(channel: string, more: Record<string, unknown> = { text: 'hello' }): Promise<string> {
  clock.move(2_000);
  const { body } = await workspace.call('chat.postMessage', { channel, ...more });
  expect(body).toMatchObject({ ok: true });
  return body.ts ?? '';
}
/** A trigger of a command that nobody answers. */
async function trigger(user = 'riley'): Promise<string> {
  const { body } = await workspace.slack.commands({ user, channel: '#ops', text: '/fleet' });
  return (body as { trigger_id: string }).trigger_id;
}

describe('tokens and scopes', () => {
  test.each([
    ['chat.postMessage', undefined, 'not_authed'],
    ['chat.postMessage', 'xoxb-wrong', 'invalid_auth'],
    ['chat.postMessage', sandboxTokens.app, 'not_allowed_token_type'],
    ['apps.connections.open', sandboxTokens.bot, 'not_allowed_token_type'],
    ['apps.connections.open', '', 'not_authed'],
    ['chat.shout', sandboxTokens.bot, 'unknown_method'],
  ])('%s with the token %s is refused with %s', async (method, token, error) => {
    const response = await fetch(`${workspace.url}/slack/api/${method}`, {
      method: 'POST',
      headers: token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` },
      body: new URLSearchParams({ channel: 'C0OPS', text: 'x' }),
    });

    expect(await response.json()).toMatchObject({ ok: false, error });
    expect(workspace.workspace().refused.at(-1)).toMatchObject({ method, error });
  });

  test('the token may stand in the body of a form', async () => {
    const response = await fetch(`${workspace.url}/slack/api/auth.test`, {
      method: 'POST',
      body: new URLSearchParams({ token: sandboxTokens.bot }),
    });

    expect(await response.json()).toMatchObject({
      ok: true,
      user_id: 'U0DECKHAND',
      bot_id: 'B0DECKHAND',
      team_id: 'T0SANDBOX',
    });
  });

  test('a call beyond the scopes of the manifest names the needed and the provided ones', async () => {
    await workspace.stop();
    workspace = await startWorkspace({
      manifest: manifestWith({ oauth_config: { scopes: { bot: ['commands', 'channels:read'] } } }),
    });

    expect(await refused('chat.postMessage', { channel: 'C0OPS', text: 'x' })).toMatchObject({
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'commands,channels:read',
    });
    expect(await refused('users.info', { user: 'U0REQUESTER' })).toMatchObject({
      error: 'missing_scope',
      needed: 'users:read',
    });
    expect(await refused('usergroups.list', {})).toMatchObject({ error: 'missing_scope', needed: 'usergroups:read' });
    expect(await refused('conversations.list', { types: 'private_channel' })).toMatchObject({
      error: 'missing_scope',
      needed: 'groups:read',
    });
    expect(await refused('conversations.open', { users: 'U0REQUESTER' })).toMatchObject({
      error: 'missing_scope',
      needed: 'im:write,mpim:write',
    });
    expect(await refused('reactions.add', { channel: 'C0OPS', timestamp: '1', name: 'eyes' })).toMatchObject({
      error: 'missing_scope',
      needed: 'reactions:write',
    });
  });

  test('history needs its own scope, so a bot with least rights cannot read messages', async () => {
    expect(await refused('conversations.history', { channel: 'C0OPS' })).toMatchObject({ error: 'missing_scope' });
  });

  test('broken JSON and foreign content types are named', async () => {
    const send = async (type: string, body: string) => {
      const response = await fetch(`${workspace.url}/slack/api/auth.test`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return response.json();
    };

    expect(await send('application/json', '{"a"')).toMatchObject({ error: 'invalid_json' });
    expect(await send('application/json', '[1]')).toMatchObject({ error: 'json_not_object' });
    expect(await send('text/plain', 'x=1')).toMatchObject({ error: 'invalid_post_type' });
  });
});

describe('posting', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['nothing to show', { channel: 'C0OPS' }, 'no_text'],
    ['an empty text', { channel: 'C0OPS', text: '' }, 'no_text'],
    ['40,001 characters', { channel: 'C0OPS', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['text and markdown', { channel: 'C0OPS', text: 'x', markdown_text: 'x' }, 'markdown_text_conflict'],
    ['blocks that are no JSON', { channel: 'C0OPS', text: 'x', blocks: '[{' }, 'invalid_blocks_format'],
    ['blocks that are no list', { channel: 'C0OPS', text: 'x', blocks: '{"type":"divider"}' }, 'invalid_blocks_format'],
    [
      '9,000 bytes of metadata',
      { channel: 'C0OPS', text: 'x', metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(9_000) } } },
      'metadata_too_large',
    ],
    [
      'metadata without a type',
      { channel: 'C0OPS', text: 'x', metadata: { event_payload: {} } },
      'invalid_metadata_schema',
    ],
    ['a reply to nothing', { channel: 'C0OPS', text: 'x', thread_ts: '1.2' }, 'thread_not_found'],
    ['a public channel without the bot', { channel: 'C0NOBOT', text: 'x' }, 'not_in_channel'],
    ['a private channel without the bot', { channel: 'C0SECRET', text: 'x' }, 'channel_not_found'],
    ['an unknown channel', { channel: 'C0MISSING', text: 'x' }, 'channel_not_found'],
    ['an archived channel', { channel: 'C0OLD', text: 'x' }, 'is_archived'],
    ['no channel', { text: 'x' }, 'invalid_arguments'],
  ])('%s', async (_what, values, error) => {
    expect(await refused('chat.postMessage', values)).toMatchObject({ error });
  });

  test('blocks beyond the limits are refused with pointers, as the real client shows them', async () => {
    const error = await workspace.client.chat
      .postMessage({
        channel: 'C0OPS',
        text: 'x',
        blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }],
      })
      .catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(WebAPIPlatformError);
    expect((error as WebAPIPlatformError).data).toMatchObject({
      error: 'invalid_blocks',
      errors: ['must be less than 151 characters [json-pointer:/blocks/0/text/text]'],
      response_metadata: { messages: ['[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]'] },
    });
  });

  test('a posted message has its block ids made up, and keeps metadata and thread', async () => {
    const ts = await post('C0OPS', {
      text: 'card',
      blocks: [section('one')],
      metadata: { event_type: 'run', event_payload: { id: 'r-1' } },
    });
    const reply = await post('C0OPS', { text: 'reply', thread_ts: ts });

    const [card, answer] = workspace.messages('#ops');
    expect(card).toMatchObject({
      ts,
      thread_ts: ts,
      plain: 'one',
      metadata: { event_payload: { id: 'r-1' } },
      blocks: [{ block_id: expect.any(String) }],
    });
    expect(answer).toMatchObject({ ts: reply, thread_ts: ts });
    expect(await refused('chat.postMessage', { channel: 'C0OPS', text: 'x', thread_ts: reply })).toMatchObject({
      error: 'cannot_reply_to_message',
    });
  });

  test('a burst to one channel meets 429 with Retry-After, another channel does not, and time heals it', async () => {
    const answers = [];
    for (let at = 0; at < 6; at++)
      answers.push(await workspace.call('chat.postMessage', { channel: 'C0OPS', text: String(at) }));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]?.headers.get('retry-after')).toBe('1');
    expect(answers[5]?.body).toEqual({ ok: false, error: 'ratelimited' });
    expect((await workspace.call('chat.postMessage', { channel: 'C0ALERTS', text: 'x' })).status).toBe(200);
    clock.move(1_000);
    expect((await workspace.call('chat.postMessage', { channel: 'C0OPS', text: 'x' })).status).toBe(200);
    await workspace.call('chat.postMessage', { channel: 'C0OPS', text: 'x' });
    await expect(workspace.client.chat.postMessage({ channel: 'C0OPS', text: 'x' })).rejects.toBeInstanceOf(
      WebAPIRateLimitedError,
    );
  });

  test('chat.update is limited per minute, and the limit can be loosened for a fast test', async () => {
    const ts = await post('C0OPS');
    const update = async () => (await workspace.call('chat.update', { channel: 'C0OPS', ts, text: 'x' })).status;
    const statuses = [];
    for (let at = 0; at < 21; at++) statuses.push(await update());

    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(workspace.slack.faults({ rate: 'off' }).status).toBe(200);
    expect(await update()).toBe(200);
  });

  test('an ephemeral message needs the person in the channel, and is seen by that person alone', async () => {
    expect(await refused('chat.postEphemeral', { channel: 'C0OPS', user: 'U0CONNECT', text: 'x' })).toMatchObject({
      error: 'user_not_in_channel',
    });
    const { body } = await workspace.call('chat.postEphemeral', {
      channel: 'C0OPS',
      user: 'U0REQUESTER',
      text: 'for you',
    });

    expect(workspace.messages('#ops', 'riley')).toMatchObject([
      { text: 'for you', ephemeral: true, to: 'U0REQUESTER' },
    ]);
    expect(workspace.messages('#ops', 'avery')).toEqual([]);
    expect(workspace.messages('#ops')).toHaveLength(1);
    expect(await refused('chat.update', { channel: 'C0OPS', ts: body['message_ts'], text: 'x' })).toMatchObject({
      error: 'message_not_found',
    });
    expect(
      await refused('reactions.add', { channel: 'C0OPS', timestamp: body['message_ts'], name: 'eyes' }),
    ).toMatchObject({ error: 'message_not_found' });
  });
});

describe('updating and deleting', () => {
  test('an update without blocks removes the blocks, one with blocks shows no edited mark', async () => {
    const ts = await post('C0OPS', {
      text: 'card',
      blocks: [section('one')],
      metadata: { event_type: 'run', event_payload: {} },
    });

    await workspace.call('chat.update', { channel: 'C0OPS', ts, text: 'new', blocks: [section('two')] });
    expect(workspace.messages('#ops')[0]).toMatchObject({ plain: 'two', metadata: { event_type: 'run' } });
    expect(workspace.messages('#ops')[0]?.edited).toBeUndefined();
    await workspace.call('chat.update', { channel: 'C0OPS', ts, text: 'only text' });
    expect(workspace.messages('#ops')[0]).toMatchObject({ plain: 'only text', edited: { user: 'U0DECKHAND' } });
    expect(workspace.messages('#ops')[0]?.blocks).toBeUndefined();
  });

  test('too long a text, a missing message and a message of somebody else are refused', async () => {
    const ts = await post('C0OPS');
    await workspace.slack.commands({ user: 'riley', channel: '#ops', text: '/fleet' });

    expect(await refused('chat.update', { channel: 'C0OPS', ts, text: 'x'.repeat(4_001) })).toMatchObject({
      error: 'msg_too_long',
    });
    expect(await refused('chat.update', { channel: 'C0OPS', ts: '1.000001', text: 'x' })).toMatchObject({
      error: 'message_not_found',
    });
    expect(await refused('chat.update', { channel: 'C0MISSING', ts, text: 'x' })).toMatchObject({
      error: 'channel_not_found',
    });
    expect(await refused('chat.delete', { channel: 'C0OPS', ts: '1.000001' })).toMatchObject({
      error: 'message_not_found',
    });
    expect((await workspace.call('chat.delete', { channel: 'C0OPS', ts })).body).toMatchObject({ ok: true });
    expect(workspace.messages('#ops', 'avery')).toEqual([]);
  });

  test('a message kept from before in an archived channel cannot be edited, nor one of another person', async () => {
    const stateFile = join(newFolder(), 'slack.json');
    const kept = { text: 'old', reactions: [] };
    const messages = {
      C0OLD: [{ ...kept, ts: '5.000001', channel: 'C0OLD', user: 'U0DECKHAND' }],
      C0OPS: [{ ...kept, ts: '5.000002', channel: 'C0OPS', user: 'U0REQUESTER' }],
    };
    writeFileSync(stateFile, JSON.stringify({ version: 1, lastMicros: 5_000_002, directs: [], messages }));
    await workspace.stop();
    workspace = await startWorkspace({ stateFile });

    expect(await refused('chat.update', { channel: 'C0OLD', ts: '5.000001', text: 'x' })).toMatchObject({
      error: 'is_inactive',
    });
    expect(await refused('chat.update', { channel: 'C0OPS', ts: '5.000002', text: 'x' })).toMatchObject({
      error: 'cant_update_message',
    });
    expect(await refused('chat.delete', { channel: 'C0OPS', ts: '5.000002' })).toMatchObject({
      error: 'cant_delete_message',
    });
  });

  test('reactions cannot be doubled or taken away twice', async () => {
    const timestamp = await post('C0OPS');
    const of = { channel: 'C0OPS', timestamp, name: 'eyes' };

    expect((await workspace.call('reactions.add', of)).body.ok).toBe(true);
    expect(await refused('reactions.add', of)).toMatchObject({ error: 'already_reacted' });
    expect(workspace.messages('#ops')[0]?.reactions).toEqual([{ name: 'eyes', users: ['U0DECKHAND'] }]);
    expect((await workspace.call('reactions.remove', of)).body.ok).toBe(true);
    expect(await refused('reactions.remove', of)).toMatchObject({ error: 'no_reaction' });
    expect(await refused('reactions.add', { ...of, name: 'no such name' })).toMatchObject({ error: 'invalid_name' });
  });

  test('a permalink leads to a message that is there', async () => {
    const ts = await post('C0OPS');

    const { permalink } = await workspace.client.chat.getPermalink({ channel: 'C0OPS', message_ts: ts });
    expect(permalink).toBe(`${workspace.url}/#C0OPS/p${ts.replace('.', '')}`);
    expect(await refused('chat.getPermalink', { channel: 'C0OPS', message_ts: '1.1' })).toMatchObject({
      error: 'message_not_found',
    });
  });
});

describe('reading people and channels', () => {
  test('lists come in small pages whatever the limit, and the pages together are whole', async () => {
    const ids: string[] = [];
    let pages = 0;
    for await (const page of workspace.client.paginate('conversations.list', {
      limit: 200,
      types: 'public_channel,private_channel',
    })) {
      pages++;
      ids.push(...(page as unknown as { channels: { id: string }[] }).channels.map(({ id }) => id));
    }

    expect(pages).toBe(2);
    expect(ids).toEqual(['C0OPS', 'C0ALERTS', 'C0GENERAL', 'C0SHARED', 'C0NOBOT', 'C0OLD']);
    expect(await refused('conversations.list', { cursor: 'bm9uc2Vuc2U=' })).toMatchObject({ error: 'invalid_cursor' });
    expect(await refused('users.list', { limit: -1 })).toMatchObject({ error: 'invalid_limit' });
  });

  test('channels tell what they are, private ones without the bot do not exist', async () => {
    const info = async (channel: string) => (await workspace.client.conversations.info({ channel })).channel;

    expect(await info('C0SHARED')).toMatchObject({ is_ext_shared: true, is_member: true, is_private: false });
    expect(await info('C0NOBOT')).toMatchObject({ is_member: false });
    expect(await info('C0OLD')).toMatchObject({ is_archived: true });
    expect(await refused('conversations.info', { channel: 'C0SECRET' })).toMatchObject({ error: 'channel_not_found' });
    const { body } = await workspace.call('conversations.members', { channel: 'C0OPS' });
    expect(body['members']).toEqual(['U0REQUESTER', 'U0APPROVER', 'U0OUTSIDER']);
    expect(body.response_metadata?.next_cursor).not.toBe('');
  });

  test('guests, strangers, bots and deactivated people can be told apart', async () => {
    const user = async (id: string) => (await workspace.client.users.info({ user: id })).user;

    expect(await user('U0REQUESTER')).toMatchObject({
      team_id: 'T0SANDBOX',
      is_bot: false,
      is_restricted: false,
      deleted: false,
      real_name: 'Riley',
    });
    expect(await user('U0GUEST')).toMatchObject({ is_restricted: true });
    expect(await user('U0CONNECT')).toMatchObject({ team_id: 'T0PARTNER', is_stranger: true });
    expect(await user('U0GONE')).toMatchObject({ deleted: true });
    expect(await user('U0DECKHAND')).toMatchObject({ is_bot: true });
    expect(await refused('users.info', { user: 'U0NOBODY' })).toMatchObject({ error: 'user_not_found' });
  });

  test('user groups and their members', async () => {
    const { usergroups } = await workspace.client.usergroups.list({ include_users: true });

    expect(usergroups).toMatchObject([
      { id: 'S0OPERATORS', users: ['U0REQUESTER', 'U0APPROVER'] },
      { id: 'S0APPROVERS', users: ['U0APPROVER'] },
    ]);
    expect((await workspace.client.usergroups.users.list({ usergroup: 'S0APPROVERS' })).users).toEqual(['U0APPROVER']);
    expect(await refused('usergroups.users.list', { usergroup: 'S0NONE' })).toMatchObject({ error: 'no_such_subteam' });
  });

  test('a direct message opens on demand, with living people only', async () => {
    const { channel } = await workspace.client.conversations.open({ users: 'U0APPROVER' });
    await workspace.client.chat.postMessage({ channel: channel?.id ?? '', text: 'psst' });

    expect(workspace.messages('@deckhand', 'avery')).toMatchObject([{ text: 'psst' }]);
    expect(workspace.slack.messages(new URLSearchParams({ channel: channel?.id ?? '', user: 'riley' })).status).toBe(
      409,
    );
    expect(await refused('conversations.open', { users: 'U0GONE' })).toMatchObject({ error: 'user_disabled' });
    expect(await refused('conversations.open', { users: 'U0DECKHAND' })).toMatchObject({ error: 'cannot_dm_bot' });
    expect(await refused('conversations.info', { channel: channel?.id })).toMatchObject({
      error: 'missing_scope',
      needed: 'im:read',
    });
  });

  test('history and replies leave ephemeral messages out', async () => {
    await workspace.stop();
    workspace = await startWorkspace({
      manifest: manifestWith({
        oauth_config: { scopes: { bot: ['chat:write', 'channels:read', 'channels:history', 'commands'] } },
      }),
    });
    const { body } = await workspace.call('chat.postMessage', {
      channel: 'C0OPS',
      text: 'parent',
      metadata: { event_type: 'run', event_payload: { id: 'x' } },
    });
    await workspace.call('chat.postMessage', { channel: 'C0OPS', text: 'reply', thread_ts: body.ts });
    await workspace.call('chat.postEphemeral', { channel: 'C0OPS', text: 'secret', user: 'U0REQUESTER' });

    const history = (await workspace.client.conversations.history({ channel: 'C0OPS', include_all_metadata: true }))
      .messages;
    expect(history).toMatchObject([{ text: 'parent', reply_count: 1, metadata: { event_payload: { id: 'x' } } }]);
    expect((await workspace.client.conversations.history({ channel: 'C0OPS' })).messages?.[0]).not.toHaveProperty(
      'metadata',
    );
    expect(
      (await workspace.client.conversations.replies({ channel: 'C0OPS', ts: body.ts ?? '' })).messages,
    ).toHaveLength(2);
    expect(await refused('conversations.history', { channel: 'C0NOBOT' })).toMatchObject({ error: 'not_in_channel' });
  });

  test('the small answers: team, bot, api.test', async () => {
    expect((await workspace.client.team.info()).team).toMatchObject({ id: 'T0SANDBOX', name: 'Deckhand Sandbox' });
    expect((await workspace.client.bots.info({ bot: 'B0DECKHAND' })).bot).toMatchObject({
      app_id: 'A0DECKHAND',
      user_id: 'U0DECKHAND',
    });
    expect(await refused('bots.info', { bot: 'B1' })).toMatchObject({ error: 'bot_not_found' });
    expect(await refused('api.test', { error: 'my_error' }, '')).toMatchObject({ error: 'my_error' });
  });
});

describe('views', () => {
  test('a trigger opens one view, within three seconds', async () => {
    const first = await trigger();
    expect((await workspace.call('views.open', { trigger_id: first, view: modal() })).body.ok).toBe(true);
    expect(await refused('views.open', { trigger_id: first, view: modal() })).toMatchObject({
      error: 'exchanged_trigger_id',
    });
    const second = await trigger();
    clock.move(3_001);
    expect(await refused('views.open', { trigger_id: second, view: modal() })).toMatchObject({
      error: 'expired_trigger_id',
    });
    expect(await refused('views.open', { trigger_id: 'nonsense', view: modal() })).toMatchObject({
      error: 'invalid_trigger_id',
    });
  });

  test('views beyond the limits are refused with their pointers', async () => {
    const answer = await refused('views.open', {
      trigger_id: await trigger(),
      view: modal({ title: { type: 'plain_text', text: 'x'.repeat(25) } }),
    });
    expect(answer).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'] },
    });
    const input = { type: 'input', label: { type: 'plain_text', text: 'Why' }, element: { type: 'plain_text_input' } };
    expect(
      (await refused('views.open', { trigger_id: await trigger(), view: modal({ blocks: [input] }) })).response_metadata
        ?.messages?.[0],
    ).toContain('submit');
    const huge = modal({ blocks: Array.from({ length: 100 }, () => section('x'.repeat(2_900))) });
    expect(await refused('views.open', { trigger_id: await trigger(), view: huge })).toMatchObject({
      error: 'view_too_large',
    });
    expect(await refused('views.publish', { user_id: 'U0REQUESTER', view: modal() })).toMatchObject({
      error: 'invalid_arguments',
    });
    expect(await refused('views.publish', { user_id: 'U0CONNECT', view: { type: 'home', blocks: [] } })).toMatchObject({
      error: 'invalid_arguments',
    });
  });

  test('updates obey the hash, and external ids are unique', async () => {
    const { body } = await workspace.call('views.open', {
      trigger_id: await trigger(),
      view: modal({ external_id: 'mine' }),
    });
    const opened = body['view'] as { id: string; hash: string; root_view_id: string; previous_view_id: null };
    expect(opened).toMatchObject({ root_view_id: opened.id, previous_view_id: null });

    expect(await refused('views.update', { view_id: opened.id, hash: 'old', view: modal() })).toMatchObject({
      error: 'hash_conflict',
    });
    expect(await refused('views.update', { view_id: 'V0NONE', view: modal() })).toMatchObject({ error: 'not_found' });
    expect(await refused('views.update', { view: modal() })).toMatchObject({ error: 'invalid_arguments' });
    expect(
      await refused('views.open', { trigger_id: await trigger('avery'), view: modal({ external_id: 'mine' }) }),
    ).toMatchObject({ error: 'duplicate_external_id' });
    const updated = await workspace.call('views.update', {
      external_id: 'mine',
      hash: opened.hash,
      view: modal({ external_id: 'mine' }),
    });
    expect((updated.body['view'] as { hash: string }).hash).not.toBe(opened.hash);
  });

  test('a view is pushed only from within a view', async () => {
    expect(await refused('views.push', { trigger_id: await trigger(), view: modal() })).toMatchObject({
      error: 'invalid_trigger_id',
    });
  });

  test('Home is published only when the manifest has a Home tab', async () => {
    await workspace.stop();
    workspace = await startWorkspace({
      manifest: manifestWith({ features: { app_home: { home_tab_enabled: false } } }),
    });

    expect(
      await refused('views.publish', { user_id: 'U0REQUESTER', view: { type: 'home', blocks: [] } }),
    ).toMatchObject({ error: 'not_enabled' });
  });

  test('blocks.validate answers with pointers and codes and needs no token', async () => {
    const { body } = await workspace.call('blocks.validate', { blocks: [{ type: 'banner' }] }, '');

    expect(body).toMatchObject({
      ok: false,
      error: 'invalid_blocks',
      errors: [{ pointer: '/blocks/0/type', code: 'unsupported_type' }],
    });
    expect((await workspace.call('blocks.validate', { message: { blocks: [section('x')] } }, '')).body).toEqual({
      ok: true,
    });
    expect((await workspace.call('blocks.validate', { view: modal() }, '')).body).toEqual({ ok: true });
    expect((await workspace.call('blocks.validate', {}, '')).body).toMatchObject({ error: 'invalid_arguments' });
  });
});

describe('faults', () => {
  test('a method answers with any error, status or Retry-After, as often as asked', async () => {
    const ts = await post('C0OPS');
    const update = () => workspace.call('chat.update', { channel: 'C0OPS', ts, text: 'x' });
    workspace.slack.faults({ api: { method: 'chat.update', error: 'edit_window_closed', times: 2 } });

    expect((await update()).body).toEqual({ ok: false, error: 'edit_window_closed' });
    expect((await update()).body).toMatchObject({ error: 'edit_window_closed' });
    expect((await update()).body.ok).toBe(true);
    workspace.slack.faults({ api: { method: '*', status: 503 } });
    expect((await update()).status).toBe(503);
    workspace.slack.faults({ api: { method: 'chat.update', retryAfter: 7 } });
    const limited = await update();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
  });

  test('the answer may be lost before or after the effect', async () => {
    workspace.slack.faults({ api: { method: 'chat.postMessage', drop: true } });
    await expect(workspace.call('chat.postMessage', { channel: 'C0OPS', text: 'never' })).rejects.toThrow(
      'fetch failed',
    );
    expect(workspace.messages('#ops')).toEqual([]);
    workspace.slack.faults({ api: { method: 'chat.postMessage', dropAfterEffect: true } });
    await expect(workspace.call('chat.postMessage', { channel: 'C0OPS', text: 'there' })).rejects.toThrow(
      'fetch failed',
    );
    expect(workspace.messages('#ops')).toMatchObject([{ text: 'there' }]);
  });

  test('unknown faults are refused by name', () => {
    expect(workspace.slack.faults({ banana: 1 })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('banana') },
    });
    expect(workspace.slack.faults({ api: { method: 'chat.update' } })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('say what goes wrong') },
    });
    expect(workspace.slack.faults({})).toMatchObject({ status: 400 });
    expect(workspace.slack.faults({ clear: true })).toMatchObject({ status: 200, body: { api: [], rate: 1 } });
  });
});

describe('the state file', () => {
  test('messages outlive a restart, ephemeral ones do not, and new ones come after them', async () => {
    const stateFile = join(newFolder(), 'slack.json');
    await workspace.stop();
    workspace = await startWorkspace({ stateFile });
    await workspace.client.chat.postMessage({ channel: 'U0APPROVER', text: 'direct' });
    const before = await workspace.client.chat.postMessage({ channel: 'C0OPS', text: 'kept' });
    await workspace.client.chat.postEphemeral({ channel: 'C0OPS', user: 'U0REQUESTER', text: 'gone' });
    await workspace.stop();

    workspace = await startWorkspace({ stateFile, now: () => 1_000 });
    const after = await workspace.client.chat.postMessage({ channel: 'C0OPS', text: 'new' });

    expect(workspace.messages('#ops').map(({ text }) => text)).toEqual(['kept', 'new']);
    expect(Number(after.ts)).toBeGreaterThan(Number(before.ts));
    expect(workspace.messages('@deckhand', 'avery')).toMatchObject([{ text: 'direct' }]);
    expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ version: 1 });
  });

  test('a file of another kind is refused with the next move', async () => {
    const stateFile = join(newFolder(), 'slack.json');
    writeFileSync(stateFile, '{"version":9}');

    await expect(startWorkspace({ stateFile })).rejects.toThrow('Delete that file');
  });
});
