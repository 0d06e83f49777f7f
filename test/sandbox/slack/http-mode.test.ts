import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { App, HTTPReceiver } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sandboxSigningSecret, sandboxTokens } from '#sandbox/slack/seed.ts';
import { eventually } from '#test/support/eventually.ts';

import { known, quiet, startWorkspace } from './support.ts';
import type { WorkspaceServer } from './support.ts';

let workspace: WorkspaceServer;
let server: Server;
let app: App;

beforeEach(async () => {
  const receiver = new HTTPReceiver({ signingSecret: sandboxSigningSecret, logger: quiet });
  server = createServer((request, response) => receiver.requestListener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const requestUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  workspace = await startWorkspace({ requestUrl, ackWithinMs: 500 });
  app = new App({
    ...known,
    token: sandboxTokens.bot,
    receiver,
    logger: quiet,
    clientOptions: { slackApiUrl: `${workspace.url}/slack/api/`, retryConfig: { retries: 0 } },
  });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await workspace.stop();
});

const command = () => workspace.slack.commands({ user: 'riley', channel: '#ops', text: '/fleet all' });

describe('HTTP mode', () => {
  test('signed commands, presses and events pass the real receiver', async () => {
    const tabs: unknown[] = [];
    app.command('/fleet', async ({ ack, client, command }) => {
      await client.chat.postMessage({
        channel: command.channel_id,
        text: 'card',
        blocks: [
          {
            type: 'actions',
            elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' } }],
          },
        ],
      });
      await ack(`looking at ${command.text}`);
    });
    app.action('go', async ({ ack, respond }) => {
      await ack();
      await respond({ replace_original: true, text: 'gone' });
    });
    app.event('app_home_opened', async ({ event }) => {
      tabs.push(event.tab);
    });

    expect(await command()).toMatchObject({ body: { ok: true, response: { text: 'looking at all' } } });
    const [card] = workspace.messages('#ops', 'avery');
    expect(
      await workspace.slack.actions({ user: 'avery', channel: '#ops', ts: card?.ts, action_id: 'go' }),
    ).toMatchObject({ body: { ok: true } });
    await workspace.slack.openHome({ user: 'riley' });

    await eventually(() => expect(workspace.messages('#ops', 'avery')).toMatchObject([{ text: 'gone' }]));
    await eventually(() => expect(tabs).toEqual(['home']));
    expect(workspace.workspace()).toMatchObject({ connections: 1, mode: 'http' });
  });

  test.each(['bad_signature', 'stale', 'unsigned'] as const)(
    'a request with %s is refused by the receiver',
    async (send) => {
      app.command('/fleet', async ({ ack }) => ack());
      workspace.slack.faults({ http: { send, times: 1 } });

      expect(await command()).toMatchObject({ body: { ok: false, error: 'http_client_error' } });
      expect(workspace.workspace().refused).toMatchObject([{ method: 'slash_commands', error: 'http_401' }]);
      expect(await command()).toMatchObject({ body: { ok: true } });
    },
  );

  test('a late answer is a timeout, and its text is not posted', async () => {
    let release: (() => void) | undefined;
    app.command('/fleet', async ({ ack }) => {
      await new Promise<void>((resolve) => void (release = resolve));
      await ack('too late');
    });

    expect(await command()).toMatchObject({ body: { ok: false, error: 'operation_timeout' } });
    release?.();
    expect(workspace.messages('#ops')).toMatchObject([{ user: 'USLACKBOT', ephemeral: true }]);
  });

  test('with nothing listening the person sees dispatch_failed', async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));

    expect(await command()).toMatchObject({ body: { ok: false, error: 'dispatch_failed' } });
  });
});
