import type { App } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { sandboxTokens } from '#sandbox/slack/seed.ts';
import { eventually } from '#test/support/eventually.ts';

import { startApp, startWorkspace } from './support.ts';
import type { WorkspaceServer } from './support.ts';

let workspace: WorkspaceServer;
const apps: App[] = [];

beforeEach(async () => {
  workspace = await startWorkspace({ ackWithinMs: 400 });
  workspace.slack.faults({ rate: 'off' });
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop();
  await workspace.stop();
});

async function serve(listen: (app: App) => void): Promise<App> {
  const app = await startApp(workspace, listen);
  apps.push(app);
  return app;
}
const button = (value: string, more: object = {}) => ({
  type: 'button' as const,
  action_id: 'approve',
  text: { type: 'plain_text' as const, text: 'Approve' },
  value,
  ...more,
});
const card = (...elements: ReturnType<typeof button>[]) => [
  { type: 'actions' as const, block_id: 'buttons', elements },
];

type Result = { status: number; body: Record<string, unknown> };
const command = (text: string, more: object = {}) =>
  workspace.slack.commands({ user: 'riley', channel: '#ops', text, ...more }) as Promise<Result>;

describe('commands', () => {
  test('a command reaches the real Bolt; ack text is ephemeral, respond and say follow', async () => {
    const seen: unknown[] = [];
    await serve((app) =>
      app.command('/fleet', async ({ command, ack, respond, client }) => {
        seen.push(command);
        await ack({ text: 'looking' });
        await respond({ text: 'only you', response_type: 'ephemeral' });
        await respond({ text: 'for all', response_type: 'in_channel' });
        await client.chat.postMessage({ channel: command.channel_id, text: 'posted' });
      }),
    );

    const { status, body } = await command('/fleet env=prod  "x"');
    await eventually(() =>
      expect(workspace.messages('#ops', 'avery').map(({ text }) => text)).toEqual(['for all', 'posted']),
    );

    expect(status).toBe(200);
    expect(body).toMatchObject({
      ok: true,
      acked: expect.any(Number),
      trigger_id: expect.any(String),
      response: { text: 'looking' },
    });
    expect(seen).toMatchObject([
      {
        command: '/fleet',
        text: 'env=prod  "x"',
        user_id: 'U0REQUESTER',
        channel_id: 'C0OPS',
        channel_name: 'ops',
        team_id: 'T0SANDBOX',
        api_app_id: 'A0DECKHAND',
        trigger_id: body['trigger_id'],
        is_enterprise_install: 'false',
      },
    ]);
    expect(workspace.messages('#ops', 'riley').map(({ text, ephemeral }) => [text, ephemeral ?? false])).toEqual([
      ['looking', true],
      ['only you', true],
      ['for all', false],
      ['posted', false],
    ]);
  });

  test('a command may be repeated as the very same request', async () => {
    const triggers: string[] = [];
    await serve((app) =>
      app.command('/fleet', async ({ command, ack }) => {
        triggers.push(command.trigger_id);
        await ack();
      }),
    );

    const { body } = await command('/fleet', { redeliver: { times: 3 } });

    expect(body).toMatchObject({ ok: true, deliveries: [{ ok: true }, { ok: true }, { ok: true }] });
    expect(triggers).toEqual([body['trigger_id'], body['trigger_id'], body['trigger_id']]);
    expect(workspace.workspace().refused).toEqual([]);
  });

  test('an ack after the deadline shows operation_timeout, and what it says is dropped', async () => {
    let acknowledge: () => Promise<void> = async () => {};
    await serve((app) =>
      app.command('/fleet', async ({ ack }) => {
        acknowledge = () => ack('too late');
      }),
    );

    const { body } = await command('/fleet');
    await acknowledge();
    await eventually(() => expect(workspace.workspace().refused).toMatchObject([{ method: 'ack', error: 'late_ack' }]));

    expect(body).toMatchObject({ ok: false, error: 'operation_timeout' });
    expect(workspace.messages('#ops')).toMatchObject([
      {
        user: 'USLACKBOT',
        ephemeral: true,
        to: 'U0REQUESTER',
        text: '/fleet failed with the error "operation_timeout"',
      },
    ]);
  });

  test('with nobody connected the person sees dispatch_failed at once', async () => {
    const { body } = await command('/fleet');

    expect(body).toMatchObject({ ok: false, error: 'dispatch_failed' });
    expect(workspace.messages('#ops', 'riley')).toMatchObject([
      { text: '/fleet failed with the error "dispatch_failed"' },
    ]);
  });

  test('blocks that Slack would refuse are refused in an ack and in a response too', async () => {
    const errors: unknown[] = [];
    await serve((app) =>
      app.command('/fleet', async ({ ack, respond }) => {
        await ack({ text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text: '' } }] });
        await respond({ text: '' }).catch((error: unknown) => errors.push(error));
      }),
    );

    const { body } = await command('/fleet');
    await eventually(() => expect(errors).toMatchObject([{ statusCode: 400 }]));

    expect(body).toMatchObject({ ok: false, error: 'invalid_command_response', reason: 'invalid_blocks' });
    expect(workspace.workspace().refused).toMatchObject([{ method: 'ack /fleet', error: 'invalid_blocks' }]);
  });

  test('a response_url works five times', async () => {
    const errors: unknown[] = [];
    await serve((app) =>
      app.command('/fleet', async ({ ack, respond }) => {
        await ack();
        for (let at = 1; at <= 6; at++) await respond(String(at)).catch((error: unknown) => errors.push(error));
      }),
    );

    await command('/fleet');
    await eventually(() => expect(errors).toMatchObject([{ statusCode: 404 }]));

    expect(workspace.messages('#ops', 'riley').map(({ text }) => text)).toEqual(['1', '2', '3', '4', '5']);
  });

  test('mentions and addresses arrive as tokens where the manifest asks for it, and plainly elsewhere', async () => {
    const texts: string[] = [];
    await serve((app) =>
      app.command(/.*/, async ({ command, ack }) => {
        texts.push(command.text);
        await ack();
      }),
    );

    await command('/snapshot @avery in #alerts https://a.example/x <b> & @nobody');
    await command('/fleet @avery <b>');

    expect(texts).toEqual([
      '<@U0APPROVER|avery> in <#C0ALERTS|alerts> <https://a.example/x> &lt;b&gt; &amp; @nobody',
      '@avery &lt;b&gt;',
    ]);
  });

  test('what a person could not do in Slack is refused with the reason', async () => {
    const tried = async (input: object) =>
      (await workspace.slack.commands({ user: 'riley', channel: '#ops', text: '/fleet', ...input })) as Result;

    expect(await tried({ text: '/status' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('/fleet, /snapshot') },
    });
    expect(await tried({ user: 'nobody' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('requester (U0REQUESTER, @riley)') },
    });
    expect(await tried({ channel: '#nowhere' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('C0OPS (#ops)') },
    });
    expect(await tried({ user: 'oli', channel: '#secret' })).toMatchObject({ status: 409 });
    expect(await tried({ user: 'dana' })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('deactivated') },
    });
    expect(await tried({ user: 'casey', channel: '#shared' })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('Slack Connect') },
    });
    expect(await tried({ channel: '#old' })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('archived') },
    });
    expect(await tried({ banana: 1 })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('banana') },
    });
    expect(await workspace.slack.commands('/fleet')).toMatchObject({ status: 400 });
  });
});

describe('buttons', () => {
  test('a press carries the whole payload, and the message can be replaced through its response_url', async () => {
    const bodies: unknown[] = [];
    const app = await serve((bolt) =>
      bolt.action('approve', async ({ ack, body, respond }) => {
        bodies.push(body);
        await ack();
        await respond({ replace_original: true, text: 'approved' });
      }),
    );
    const { ts } = await app.client.chat.postMessage({
      channel: 'C0SHARED',
      text: 'card',
      blocks: card(button('token-1')),
    });

    const result = await workspace.slack.actions({ user: 'casey', channel: '#shared', ts, action_id: 'approve' });
    await eventually(() =>
      expect(workspace.messages('#shared')).toMatchObject([{ ts, text: 'approved', plain: 'approved', buttons: [] }]),
    );

    expect(result).toMatchObject({ status: 200, body: { ok: true } });
    expect(bodies).toMatchObject([
      {
        type: 'block_actions',
        api_app_id: 'A0DECKHAND',
        team: { id: 'T0SANDBOX' },
        user: { id: 'U0CONNECT', team_id: 'T0PARTNER' },
        enterprise: null,
        is_enterprise_install: false,
        channel: { id: 'C0SHARED', name: 'shared' },
        container: { type: 'message', message_ts: ts, channel_id: 'C0SHARED', is_ephemeral: false },
        message: { ts, user: 'U0DECKHAND', bot_id: 'B0DECKHAND', blocks: [{ block_id: 'buttons' }] },
        actions: [
          {
            type: 'button',
            action_id: 'approve',
            block_id: 'buttons',
            value: 'token-1',
            action_ts: expect.any(String),
          },
        ],
        trigger_id: expect.any(String),
      },
    ]);
  });

  test('an ephemeral message is pressed by its reader alone, its payload has no message, and it can be deleted', async () => {
    const bodies: object[] = [];
    const app = await serve((bolt) =>
      bolt.action('approve', async ({ ack, body, respond }) => {
        bodies.push(body);
        await ack();
        await respond({ delete_original: true, text: '' });
      }),
    );
    const { message_ts: ts } = await app.client.chat.postEphemeral({
      channel: 'C0OPS',
      user: 'U0REQUESTER',
      text: 'x',
      blocks: card(button('t')),
    });

    expect(await workspace.slack.actions({ user: 'avery', channel: '#ops', ts, action_id: 'approve' })).toMatchObject({
      status: 404,
    });
    await workspace.slack.actions({ user: 'riley', channel: '#ops', ts, action_id: 'approve' });
    await eventually(() => expect(workspace.messages('#ops')).toEqual([]));

    expect(bodies).toMatchObject([{ container: { is_ephemeral: true, message_ts: ts } }]);
    expect(bodies[0]).not.toHaveProperty('message');
  });

  test('a press on something that is not there fails loudly', async () => {
    const app = await serve(() => {});
    const twice = [
      { ...card(button('a'))[0]!, block_id: 'first' },
      { ...card(button('b'))[0]!, block_id: 'second' },
    ];
    const { ts } = await app.client.chat.postMessage({ channel: 'C0OPS', text: 'card', blocks: twice });
    const tried = (more: object) =>
      workspace.slack.actions({ user: 'riley', channel: '#ops', ts, action_id: 'approve', ...more });

    expect(await tried({ action_id: 'deny' })).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('approve (button in block first, "Approve")') },
    });
    expect(await tried({ ts: '1.1' })).toMatchObject({ status: 404 });
    expect(await tried({})).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('block_id: first, second') },
    });
    expect(await tried({ value: 'c' })).toMatchObject({ status: 409 });
    expect(await tried({ user: 'casey' })).toMatchObject({ status: 409 });
    expect(await workspace.slack.actions({ user: 'riley', action_id: 'x' })).toMatchObject({ status: 400 });
  });

  test('a press that nobody acknowledges is told to the person', async () => {
    const app = await serve((bolt) => bolt.action('approve', async () => {}));
    const { ts } = await app.client.chat.postMessage({ channel: 'C0OPS', text: 'card', blocks: card(button('t')) });

    expect(await workspace.slack.actions({ user: 'riley', channel: '#ops', ts, action_id: 'approve' })).toMatchObject({
      body: { ok: false, error: 'operation_timeout' },
    });
    expect(workspace.messages('#ops', 'riley').at(-1)).toMatchObject({
      ephemeral: true,
      text: '"approve" failed with the error "operation_timeout"',
    });
  });
});

describe('Home', () => {
  test('opening Home sends the event with its tab, and the view is published', async () => {
    const tabs: unknown[] = [];
    await serve((app) =>
      app.event('app_home_opened', async ({ event, client }) => {
        tabs.push(event.tab);
        if (event.tab !== 'home') return;
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: card(button('from home')) } });
      }),
    );
    const bodies: unknown[] = [];
    apps[0]!.action('approve', async ({ ack, body }) => {
      bodies.push(body);
      await ack();
    });

    await workspace.slack.openHome({ user: 'riley', tab: 'messages' });
    await workspace.slack.openHome({ user: 'riley' });
    const home = () =>
      workspace.slack.home(new URLSearchParams({ user: 'riley' })).body as {
        view: { id: string; type: string } | null;
      };
    await eventually(() => expect(home().view).toMatchObject({ type: 'home' }));
    await workspace.slack.actions({ user: 'riley', view_id: home().view?.id, action_id: 'approve' });

    expect(tabs).toEqual(['messages', 'home']);
    expect(bodies).toMatchObject([{ container: { type: 'view', view_id: home().view?.id }, view: { type: 'home' } }]);
    expect(bodies[0]).not.toHaveProperty('channel');
    expect(bodies[0]).not.toHaveProperty('message');
    expect(await workspace.slack.openHome({ user: 'casey' })).toMatchObject({ status: 409 });
  });

  test('an event that is not acknowledged comes again with its number and the same id', async () => {
    const { socket, seen } = await rawConnection();

    await workspace.slack.openHome({ user: 'riley' });
    await eventually(() => expect(seen).toHaveLength(3));
    socket.send(JSON.stringify({ envelope_id: seen[2]?.envelope_id }));

    const [, first, second] = seen;
    expect(first).toMatchObject({ type: 'events_api', retry_attempt: 0, accepts_response_payload: false });
    expect(second).toMatchObject({
      retry_attempt: 1,
      retry_reason: 'http_timeout',
      payload: { event_id: first?.payload.event_id },
    });
    socket.close();
  });
});

type Envelope = { type: string; envelope_id: string; retry_attempt: number; payload: { event_id: string } };

/** A client that acknowledges nothing by itself. */
async function rawConnection() {
  const { body } = await workspace.call('apps.connections.open', {}, sandboxTokens.app);
  const socket = new WebSocket(String(body['url']));
  const seen: Envelope[] = [];
  socket.addEventListener('message', ({ data }) => void seen.push(JSON.parse(String(data)) as Envelope));
  await eventually(() => expect(workspace.workspace().connections).toBe(1));
  return { socket, seen };
}

describe('connections', () => {
  const answering = (app: App): void => app.command('/fleet', async ({ ack }) => ack('here'));

  test.each(['refresh_requested', 'warning', true] as const)(
    'after disconnect %s the app comes back by itself',
    async (disconnect) => {
      await serve(answering);
      expect(workspace.workspace().connections).toBe(1);

      workspace.slack.faults({ disconnect });
      await vi.waitFor(() => expect(workspace.workspace().apiCalls['apps.connections.open']).toBe(2), {
        timeout: 5_000,
      });
      await eventually(() => expect(workspace.workspace().connections).toBe(1));

      expect((await command('/fleet')).body).toMatchObject({ ok: true });
    },
  );

  test('each request goes to one connection, to each in turn', async () => {
    const counts = [0, 0];
    for (const at of [0, 1])
      await serve((app) =>
        app.command('/fleet', async ({ ack }) => {
          counts[at]!++;
          await ack();
        }),
      );

    for (let at = 0; at < 4; at++) await command('/fleet');

    expect(workspace.workspace().connections).toBe(2);
    expect(counts).toEqual([2, 2]);
  });

  test('while sockets are refused nobody is connected; afterwards the app is back', async () => {
    await serve(answering);
    workspace.slack.faults({ noSocket: true });
    expect((await command('/fleet')).body).toMatchObject({ error: 'dispatch_failed' });
    expect(workspace.workspace().connections).toBe(0);

    workspace.slack.faults({ noSocket: false });
    await vi.waitFor(() => expect(workspace.workspace().connections).toBe(1), { timeout: 10_000, interval: 50 });
    expect((await command('/fleet')).body).toMatchObject({ ok: true });
  });

  test('a second ack and an ack of nothing are noted as faults of the app', async () => {
    const { socket, seen } = await rawConnection();

    const done = command('/fleet');
    await eventually(() => expect(seen).toHaveLength(2));
    const ack = JSON.stringify({ envelope_id: seen[1]?.envelope_id });
    socket.send(ack);
    socket.send(ack);
    socket.send(JSON.stringify({ envelope_id: 'made up' }));
    socket.send('no JSON');

    expect((await done).body).toMatchObject({ ok: true });
    await eventually(() =>
      expect(workspace.workspace().refused.map(({ method, error }) => `${method} ${error}`)).toEqual([
        'ack double_ack',
        'ack unknown_envelope',
        'socket invalid_frame',
      ]),
    );
    socket.close();
  });

  test('a ticket opens one socket only, and none without a ticket', async () => {
    const { body } = await workspace.call('apps.connections.open', {}, sandboxTokens.app);
    const open = (url: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url);
        socket.addEventListener('message', ({ data }) => {
          resolve(String(data));
          socket.close();
        });
        socket.addEventListener('error', () => resolve('refused'));
      });

    expect(JSON.parse(await open(String(body['url'])))).toMatchObject({
      type: 'hello',
      num_connections: 1,
      connection_info: { app_id: 'A0DECKHAND' },
    });
    expect(await open(String(body['url']))).toBe('refused');
    expect(await open(`${workspace.url.replace('http', 'ws')}/slack/link/`)).toBe('refused');
  });
});
