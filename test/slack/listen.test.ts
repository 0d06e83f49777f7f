import { App, type Receiver, type ReceiverEvent } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Chat, CommandRequest, Inbound, Post, Press } from '#ports/chat.ts';
import { listen } from '#slack/listen.ts';
import { boltLogger } from '#slack/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { createClock } from '#timers/clock.ts';

type Answer = { body?: unknown; error?: unknown };
type Deliver = (
  body: Record<string, unknown>,
  how?: { ack?: () => Promise<void>; arrivedAt?: number; untilAck?: boolean },
) => Promise<Answer>;

const responseUrl = 'https://hooks.slack.com/commands/T1/1/secret-of-this-request';
const post = (alert: string): Post => ({
  message: { alert, sections: [{ kind: 'text', lines: [alert] }] },
  token: '',
});

/** The real Bolt without a connection; `fetch` answers what goes to response_url and to views.open. */
function start(inbound: Partial<Inbound> = {}, fetchAnswer: () => Response = () => new Response('ok')) {
  const heard = { commands: [] as CommandRequest[], presses: [] as Press[], homes: [] as string[] };
  const sent: { url: string; body: string }[] = [];
  const said: { way: 'whisper' | 'tell'; to: string; alert: string }[] = [];
  const lines: string[] = [];
  const write = (level: string) => (data: object, text: string) =>
    void lines.push(JSON.stringify({ level, ...data, text }));
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const broken = { whisper: false, tell: false };
  const chat = {
    whisper: async (_channel: string, user: string, { message }: Post) => {
      if (broken.whisper) throw new Error('no whisper');
      said.push({ way: 'whisper', to: user, alert: message.alert });
    },
    tell: async (user: string, { message }: Post) => {
      if (broken.tell) throw new Error('no direct message');
      said.push({ way: 'tell', to: user, alert: message.alert });
      return { channel: 'D1', ts: '1.1' };
    },
  } as Partial<Chat> as Chat;

  let deliver: Deliver = () => Promise.reject(new Error('not ready'));
  const receiver: Receiver = {
    init: (app) => {
      deliver = (body, { ack, arrivedAt, untilAck } = {}) =>
        new Promise((resolve) => {
          let answer: Answer = {};
          const event: ReceiverEvent = {
            body,
            ack: async (response?: unknown) => {
              await ack?.();
              answer = { body: response };
              if (untilAck === true) resolve(answer);
            },
            ...(arrivedAt === undefined ? {} : { customProperties: { arrivedAt } }),
          };
          app.processEvent(event).then(
            () => resolve(answer),
            (error: unknown) => resolve({ error }),
          );
        });
    },
    start: async () => undefined,
    stop: async () => undefined,
  };
  const app = new App({
    token: 'xoxb-1-canary',
    tokenVerificationEnabled: false,
    botId: 'B1',
    botUserId: 'U0',
    receiver,
    convoStore: false,
    logger: boltLogger(log),
    clientOptions: {
      slackApiUrl: 'https://slack.invalid/api/',
      retryConfig: { retries: 0 },
      fetch: async (url, init) => {
        sent.push({ url: String(url), body: typeof init?.body === 'string' ? init.body : '' });
        return fetchAnswer();
      },
    },
  });
  listen(app, {
    inbound: {
      command: async (request) => void heard.commands.push(request),
      press: async (press) => void heard.presses.push(press),
      submit: async () => undefined,
      suggest: async () => [],
      homeOpened: async (user) => void heard.homes.push(user),
      ...inbound,
    },
    chat,
    clock: createClock(),
    log,
    prefix: 'dev-',
    commands: ['deck', 'restore'],
    teamId: 'T1',
    enterpriseId: undefined,
  });
  return { deliver: (...of: Parameters<Deliver>) => deliver(...of), heard, sent, said, lines, broken };
}

let trigger = 0;
const command = (more: object = {}) => ({
  command: '/dev-restore',
  text: 'db-1',
  user_id: 'U1',
  user_name: 'riley',
  team_id: 'T1',
  channel_id: 'C1',
  api_app_id: 'A1',
  trigger_id: `trigger-${++trigger}`,
  response_url: responseUrl,
  ...more,
});
const pressed = (action: object, more: object = {}) => ({
  type: 'block_actions',
  user: { id: 'U1', name: 'riley', team_id: 'T1' },
  team: { id: 'T1' },
  api_app_id: 'A1',
  channel: { id: 'C1' },
  container: { type: 'message', message_ts: '1.1', channel_id: 'C1', is_ephemeral: false },
  message: { ts: '1.1' },
  trigger_id: `trigger-${++trigger}`,
  response_url: responseUrl,
  actions: [{ type: 'button', action_id: 'approve', block_id: 'b', value: 'token', action_ts: '2.2', ...action }],
  ...more,
});
const submitted = (more: object = {}) => ({
  type: 'view_submission',
  user: { id: 'U1', name: 'riley', team_id: 'T1' },
  team: { id: 'T1' },
  api_app_id: 'A1',
  trigger_id: `trigger-${++trigger}`,
  view: {
    id: 'V1',
    hash: 'h1',
    type: 'modal',
    callback_id: 'form',
    private_metadata: JSON.stringify({ operation: 'restore', channel: 'C1' }),
    state: { values: { from: { from: { type: 'plain_text_input', value: 'latest' } } } },
  },
  ...more,
});
const typing = (action_id: string) => ({
  type: 'block_suggestion',
  user: { id: 'U1', team_id: 'T1' },
  team: { id: 'T1' },
  api_app_id: 'A1',
  action_id,
  block_id: 'target',
  value: 'db',
  container: { type: 'view', view_id: 'V1' },
});

describe('what comes from Slack', () => {
  it('is acknowledged at once, however long the work takes', async () => {
    const { deliver } = start({
      command: () => new Promise(() => undefined),
      press: () => new Promise(() => undefined),
    });

    const acks = await Promise.all([deliver(command(), { untilAck: true }), deliver(pressed({}), { untilAck: true })]);

    expect(acks).toEqual([{ body: undefined }, { body: undefined }]);
  });

  it('is handled even when the socket closed before it could be acknowledged', async () => {
    const { deliver, heard, lines } = start();
    const closed = { ack: () => Promise.reject(new Error('SMSendWhileNotReadyError')) };

    await deliver(command(), closed);
    await deliver(pressed({}), closed);

    expect([heard.commands.length, heard.presses.length]).toEqual([1, 1]);
    expect(lines.filter((line) => line.includes('could not be acknowledged'))).toHaveLength(2);
  });

  it('is handled once when it is delivered again, and acknowledged every time', async () => {
    const { deliver, heard } = start();
    const [typed, press] = [command(), pressed({})];

    const acks = [await deliver(typed), await deliver(typed), await deliver(press), await deliver(press)];

    expect(acks.map((answer) => 'body' in answer)).toEqual([true, true, true, true]);
    expect([heard.commands.length, heard.presses.length]).toEqual([1, 1]);
  });

  it('is complained about when the acknowledgement came late', async () => {
    const { deliver, lines } = start();

    await deliver(command(), { arrivedAt: performance.now() - 1_500 });
    await deliver(command(), { arrivedAt: performance.now() });

    const late = lines.map((line) => JSON.parse(line) as { ackMs?: number; text: string; level: string });
    expect(late.filter(({ level }) => level === 'warn')).toMatchObject([
      { kind: 'command', text: 'acknowledged late' },
    ]);
    expect(late.find(({ level }) => level === 'warn')?.ackMs).toBeGreaterThanOrEqual(1_500);
  });
});

describe('a command', () => {
  it('comes without its slash and prefix', async () => {
    const { deliver, heard } = start();

    await deliver(command({ command: '/dev-deck', text: 'help' }));

    expect(heard.commands).toMatchObject([
      { command: 'deck', text: 'help', channel: 'C1', actor: { id: 'U1', teamId: 'T1', name: 'riley' } },
    ]);
  });

  it('that this installation does not serve is answered with the next move', async () => {
    const { deliver, heard, sent } = start();

    await deliver(command({ command: '/restore' }));
    await deliver(command({ team_id: 'T9' }));
    await eventually(() => expect(sent).toHaveLength(2));

    expect(heard.commands).toEqual([]);
    expect(sent[0]?.body).toMatch(/COMMAND_PREFIX.*dev-deck help/);
    expect(sent[1]?.body).toMatch(/another workspace/);
  });

  it('is answered, and its form is shown, with the commands as they are typed here', async () => {
    const { deliver, heard, sent } = start();
    await deliver(command({ command: '/dev-deck' }));
    const [request] = heard.commands;
    const intro = ['Or type ', { code: '/restore db-1' }];
    const sections = [{ kind: 'text' as const, lines: [intro] }];

    await request!.answer({ message: { alert: 'See `/deck help`.', sections }, token: '' });
    await request!.openForm({ operation: 'restore', title: 'Restore', submit: 'Go', fields: [], intro });

    expect(sent[0]?.body).toMatch(/dev-deck help.*dev-restore db-1/);
    expect(sent[1]?.body).toMatch(/dev-restore(\+|%20)db-1/);
  });

  it('opens a form, or says that the time was over', async () => {
    let answer = { ok: true } as object;
    const { deliver, heard, sent } = start({}, () => Response.json(answer));
    const form = { operation: 'restore', title: 'Restore', submit: 'Go', fields: [] };
    await deliver(command());

    expect(await heard.commands[0]!.openForm(form)).toBe(true);
    answer = { ok: false, error: 'expired_trigger_id' };
    expect(await heard.commands[0]!.openForm(form)).toBe(false);

    expect(sent.map(({ url }) => url)).toEqual(Array(2).fill('https://slack.invalid/api/views.open'));
  });
});

describe('an answer', () => {
  it('goes through response_url, only to the person', async () => {
    const { deliver, heard, sent, said } = start();
    await deliver(command());

    await heard.commands[0]!.answer(post('hello'));

    expect(sent[0]?.url).toBe(responseUrl);
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
      response_type: 'ephemeral',
      replace_original: false,
      text: 'hello',
    });
    expect(said).toEqual([]);
  });

  it('finds another way when response_url is used up: whispered, then told directly, then logged without any secret', async () => {
    const { deliver, heard, said, lines, broken } = start({}, () => new Response('used_url', { status: 404 }));
    await deliver(command());
    const { answer } = heard.commands[0]!;

    await answer(post('one'));
    broken.whisper = true;
    await answer(post('two'));
    broken.tell = true;
    await answer(post('three'));

    expect(said).toEqual([
      { way: 'whisper', to: 'U1', alert: 'one' },
      { way: 'tell', to: 'U1', alert: 'two' },
    ]);
    expect(lines.filter((line) => line.includes('reached nobody'))).toHaveLength(1);
    expect(lines.join('\n')).not.toMatch(/secret-of-this-request|xoxb-1-canary/);
  });
});

describe('a press', () => {
  it('in a menu of people says who was chosen; the token stands on its block', async () => {
    const { deliver, heard } = start();
    const menu = {
      type: 'users_select',
      action_id: 'assign',
      block_id: 'token',
      selected_user: 'U2',
      value: undefined,
    };

    const { value: _value, ...action } = pressed(menu).actions[0]!;
    await deliver(pressed({}, { actions: [action] }));

    expect(heard.presses).toMatchObject([{ verb: 'assign', person: 'U2', token: 'token' }]);
  });

  it('of a verb that is no more is answered, not ignored', async () => {
    const { deliver, heard, sent } = start();

    await deliver(pressed({ action_id: 'explode' }));
    await eventually(() => expect(sent).toHaveLength(1));

    expect(heard.presses).toEqual([]);
    expect(sent[0]?.body).toMatch(/out of date.*dev-deck/);
  });

  it('carries who, where and the token, and where the person is from', async () => {
    const { deliver, heard } = start();

    await deliver(pressed({}, { user: { id: 'U7', name: 'eve', team_id: 'T7' } }));

    expect(heard.presses).toMatchObject([
      {
        verb: 'approve',
        token: 'token',
        channel: 'C1',
        ts: '1.1',
        isEphemeral: false,
        actor: { id: 'U7', teamId: 'T7' },
      },
    ]);
  });

  it('on Home has no channel and no message, and does no harm', async () => {
    const { deliver, heard, said } = start();
    const { channel: _channel, message: _message, response_url: _url, ...home } = pressed({ action_id: 'refresh' });

    await deliver({ ...home, container: { type: 'view', view_id: 'V1' }, view: { id: 'V1', type: 'home' } });
    await heard.presses[0]?.answer(post('seen'));

    expect(heard.presses).toMatchObject([{ verb: 'refresh', channel: '' }]);
    expect(heard.presses[0]).not.toHaveProperty('ts');
    expect(said).toMatchObject([{ to: 'U1', alert: 'seen' }]);
  });

  it('on an ephemeral message can replace it', async () => {
    const { deliver, heard, sent } = start();
    const container = { type: 'message', message_ts: '1.1', channel_id: 'C1', is_ephemeral: true };
    await deliver(pressed({ action_id: 'next' }, { container, message: undefined }));

    await heard.presses[0]!.replace(post('page 2'));

    expect(heard.presses[0]).toMatchObject({ isEphemeral: true, ts: '1.1' });
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ replace_original: true, text: 'page 2' });
  });
});

describe('a form', () => {
  it('closes, or shows what is wrong at its field', async () => {
    const errors: Record<string, string>[] = [{ from: 'Not a date.' }];
    const { deliver } = start({ submit: async () => errors.shift() });

    expect(await deliver(submitted())).toEqual({
      body: { response_action: 'errors', errors: { from: 'Not a date.' } },
    });
    expect(await deliver(submitted())).toEqual({ body: undefined });
  });

  it('that is delivered again is read once and answered the same', async () => {
    const submit = vi.fn<Inbound['submit']>(async () => ({ from: 'Not a date.' }));
    const { deliver } = start({ submit });
    const once = submitted();

    expect(await deliver(once)).toEqual(await deliver(once));
    expect(submit).toHaveBeenCalledTimes(1);
  });

  it('that breaks while it is read is told to the person', async () => {
    const { deliver, said } = start({ submit: () => Promise.reject(new Error('boom')) });

    expect(await deliver(submitted())).toEqual({ body: undefined });
    expect(said).toMatchObject([{ way: 'whisper', alert: expect.stringContaining('nothing was done') }]);
  });

  describe('that takes long', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('closes in time, and what is wrong is told afterwards', async () => {
      const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
      const { deliver, said } = start({ submit: () => promise });

      const answer = deliver(submitted());
      await vi.advanceTimersByTimeAsync(2_600);
      expect(await answer).toEqual({ body: undefined });
      resolve({ from: 'Not a date.' });
      await vi.advanceTimersByTimeAsync(0);

      expect(said).toMatchObject([{ alert: 'Nothing was done. Not a date.' }]);
    });
  });
});

describe('a menu', () => {
  it('is filled with what was found, and with nothing when that fails', async () => {
    const filled = start({ suggest: async (of, typed) => [{ value: 'i-1', label: `${of} ${typed}` }] });
    const failing = start({ suggest: () => Promise.reject(new Error('AWS is away')) });

    expect(await filled.deliver(typing('suggest:volumes'))).toMatchObject({
      body: { options: [{ value: 'i-1', text: { text: 'volumes db' } }] },
    });
    expect(await failing.deliver(typing('suggest:volumes'))).toEqual({ body: { options: [] } });
    expect(await filled.deliver(typing('suggest:secrets'))).toEqual({ body: { options: [] } });
  });
});

describe('Home', () => {
  it('is shown for the Home tab only, once per event', async () => {
    const { deliver, heard } = start();
    const opened = (tab: string, event_id: string) => ({
      type: 'event_callback',
      team_id: 'T1',
      event_id,
      event: { type: 'app_home_opened', user: 'U1', channel: 'D1', tab },
    });

    await deliver(opened('messages', 'Ev1'));
    await deliver(opened('home', 'Ev2'));
    await deliver(opened('home', 'Ev2'));

    expect(heard.homes).toEqual(['U1']);
  });
});
