import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { sandboxTokens } from '#sandbox/slack/seed.ts';
import { createSlack } from '#slack/app.ts';
import { eventually } from '#test/support/eventually.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

import { startSlack } from './support.ts';

type Started = Awaited<ReturnType<typeof startSlack>>;
const running: Started[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function started(): Promise<Started> {
  const one = await startSlack();
  running.push(one);
  return one;
}
const apiCalls = (of: Started) => (of.workspace.workspace() as { apiCalls: Record<string, number> }).apiCalls;
const connections = (of: Started) => (of.workspace.workspace() as { connections: number }).connections;
const form = { operation: 'restore', title: 'Restore', submit: 'Go', fields: [] };
const command = (of: Started) => of.workspace.commands({ user: 'requester', channel: 'ops', text: '/deck help' });

/** A Slack that answers every method as told. */
async function slackThatAnswers(answer: (token: string) => object) {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(request.headers.authorization ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  return { apiUrl, close: () => new Promise((resolve) => server.close(resolve)) };
}
const create = (apiUrl: string) =>
  createSlack({
    botToken: sandboxTokens.bot,
    apiUrl,
    connection: { kind: 'socket', appToken: sandboxTokens.app },
    port: 0,
    host: '127.0.0.1',
    commandPrefix: '',
    commands: ['deck'],
    clock: createClock(),
    log: silentLog,
    onLost: () => undefined,
  });

describe('starting', () => {
  it.each([
    ['SLACK_BOT_TOKEN', sandboxTokens.bot],
    ['SLACK_APP_TOKEN', sandboxTokens.app],
  ])('says that %s is wrong and where to get it', async (variable, token) => {
    const wrong = await slackThatAnswers((authorization) =>
      authorization.includes(token)
        ? { ok: false, error: 'invalid_auth' }
        : { ok: true, team_id: 'T1', user_id: 'U1', bot_id: 'B1' },
    );

    await expect(create(wrong.apiUrl)).rejects.toMatchObject({
      name: 'Refusal',
      message: expect.stringMatching(new RegExp(`${variable}.*api\\.slack\\.com`)),
    });

    await wrong.close();
  });
});

describe('the connection', () => {
  it('is back at once after Slack refreshed it', async () => {
    const one = await started();

    one.workspace.faults({ disconnect: 'refresh_requested' });
    await eventually(() => expect(one.slack.isConnected()).toBe(false));
    const downAt = performance.now();
    await vi.waitFor(() => expect(one.slack.isConnected()).toBe(true), { timeout: 5_000 });

    expect(performance.now() - downAt).toBeLessThan(1_500);
    expect(connections(one)).toBe(1);
    await expect(command(one)).resolves.toMatchObject({ body: { ok: true } });
  });

  it('that was cut, and could not be made anew at first, is made again', async () => {
    const one = await started();

    one.workspace.faults({ api: { method: 'apps.connections.open', status: 500, times: 2 }, disconnect: true });
    await eventually(() => expect(one.slack.isConnected()).toBe(false));
    await vi.waitFor(() => expect(one.slack.isConnected()).toBe(true), { timeout: 10_000 });

    await expect(command(one)).resolves.toMatchObject({ body: { ok: true } });
    expect(one.heard.lost).toBe(0);
  });

  it('is given up when Slack no longer takes the app token, so that somebody hears of it', async () => {
    const one = await started();

    one.workspace.faults({
      api: { method: 'apps.connections.open', error: 'invalid_auth', times: 5 },
      disconnect: true,
    });
    await vi.waitFor(() => expect(one.heard.lost).toBe(1), { timeout: 5_000 });

    expect(one.slack.isConnected()).toBe(false);
  });
});

describe('a call for a waiting person', () => {
  it.each([{ status: 500 }, { retryAfter: 30 }])(
    'is made once: a form that Slack refuses with %j is not opened later',
    async (fault) => {
      const one = await started();
      await command(one);
      await eventually(() => expect(one.heard.commands).toHaveLength(1));
      one.workspace.faults({ api: { method: 'views.open', times: 1, ...fault } });
      const startedAt = performance.now();

      expect(await one.heard.commands[0]!.openForm(form)).toBe(false);

      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect(apiCalls(one)['views.open']).toBe(1);
    },
  );

  it('comes too late for a form whose trigger was used', async () => {
    const one = await started();
    await command(one);
    await eventually(() => expect(one.heard.commands).toHaveLength(1));

    expect(await one.heard.commands[0]!.openForm(form)).toBe(true);
    expect(await one.heard.commands[0]!.openForm(form)).toBe(false);
  });
});

describe('a Slack revoking the bot token', () => {
  it('ends in one call for a supervisor', async () => {
    const one = await started();
    const post = { message: { alert: 'a', sections: [] }, token: '' };
    one.workspace.faults({ api: { method: 'chat.postMessage', error: 'token_revoked', times: 2 } });

    await expect(one.slack.chat.post('C0OPS', post)).rejects.toMatchObject({ code: 'not-permitted' });
    await expect(one.slack.chat.post('C0OPS', post)).rejects.toMatchObject({ code: 'not-permitted' });

    expect(one.heard.lost).toBe(1);
  });
});
