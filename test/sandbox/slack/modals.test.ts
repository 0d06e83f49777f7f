import type { App } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { eventually } from '#test/support/eventually.ts';

import { startApp, startWorkspace } from './support.ts';
import type { WorkspaceServer } from './support.ts';

let workspace: WorkspaceServer;
let app: App;

const words = (text: string) => ({ type: 'plain_text' as const, text });
const form = (title: string, callbackId = 'form') => ({
  type: 'modal' as const,
  callback_id: callbackId,
  title: words(title),
  submit: words('Go'),
  private_metadata: 'opaque',
  blocks: [
    {
      type: 'input' as const,
      block_id: 'reason',
      label: words('Why'),
      element: { type: 'plain_text_input' as const, action_id: 'text', max_length: 20 },
    },
    {
      type: 'input' as const,
      block_id: 'server',
      optional: true,
      label: words('Server'),
      element: { type: 'external_select' as const, action_id: 'pick', min_query_length: 0 },
    },
    {
      type: 'actions' as const,
      block_id: 'more',
      elements: [
        { type: 'button' as const, action_id: 'push', text: words('More') },
        { type: 'static_select' as const, action_id: 'kind', options: [{ text: words('Big'), value: 'big' }] },
      ],
    },
  ],
});
const submissions: { state: unknown; view: Record<string, unknown>; response_urls: unknown }[] = [];
const closed: string[] = [];

beforeEach(async () => {
  submissions.length = closed.length = 0;
  workspace = await startWorkspace({ ackWithinMs: 1_000 });
  app = await startApp(workspace, (bolt) => {
    bolt.command('/fleet', async ({ ack, client, command }) => {
      await client.views.open({ trigger_id: command.trigger_id, view: form('First') });
      await ack();
    });
    bolt.action('push', async ({ ack, client, body }) => {
      await client.views
        .push({
          trigger_id: 'trigger_id' in body ? body.trigger_id : '',
          view: { ...form('Second', 'second'), notify_on_close: true },
        })
        .catch(() => {});
      await ack();
    });
    bolt.action('kind', async ({ ack }) => ack());
    bolt.options('pick', async ({ ack, payload }) =>
      ack({
        options: ['web-1', 'web-2', 'db-1']
          .filter((name) => name.includes(payload.value))
          .map((name) => ({ text: words(name), value: name })),
      }),
    );
    bolt.view('form', async ({ ack, body, view }) => {
      submissions.push({
        state: view.state.values,
        view: { ...view },
        response_urls: 'response_urls' in body ? body.response_urls : undefined,
      });
      const reason = view.state.values['reason']?.['text']?.value;
      if (reason === 'bad') return ack({ response_action: 'errors', errors: { reason: 'Give a better reason' } });
      if (reason === 'wrong block') return ack({ response_action: 'errors', errors: { nowhere: 'x' } });
      if (reason === 'update') return ack({ response_action: 'update', view: form('Changed') });
      if (reason === 'silence') return;
      await ack();
    });
    bolt.view('second', async ({ ack, view }) =>
      view.state.values['reason']?.['text']?.value === 'all' ? ack({ response_action: 'clear' }) : ack(),
    );
    bolt.view({ type: 'view_closed', callback_id: 'second' }, async ({ ack, view }) => {
      closed.push(view.id);
      await ack();
    });
  });
});
afterEach(async () => {
  await app.stop();
  await workspace.stop();
});

type OpenView = {
  id: string;
  title: { text: string };
  root_view_id: string;
  previous_view_id: string | null;
  state: { values: Record<string, Record<string, unknown>> };
};
const stack = (user = 'riley') =>
  (workspace.slack.views(new URLSearchParams({ user })).body as { views: OpenView[] }).views;
async function open(): Promise<string> {
  await workspace.slack.commands({ user: 'riley', channel: '#ops', text: '/fleet' });
  return stack().at(-1)?.id ?? '';
}
const submit = (view_id: string, values: object = {}) => workspace.slack.submit({ user: 'riley', view_id, values });

describe('modals', () => {
  test('a form is sent with the state of every element, and closes on ack', async () => {
    const id = await open();

    expect(await submit(id, { reason: { text: 'disk full' }, pick: 'web-2' })).toEqual({
      status: 200,
      body: { closed: true },
    });
    expect(stack()).toEqual([]);
    expect(submissions).toMatchObject([
      {
        response_urls: [],
        view: {
          id,
          callback_id: 'form',
          private_metadata: 'opaque',
          hash: expect.any(String),
          root_view_id: id,
          team_id: 'T0SANDBOX',
        },
        state: {
          reason: { text: { type: 'plain_text_input', value: 'disk full' } },
          server: { pick: { type: 'external_select', selected_option: { value: 'web-2', text: { text: 'web-2' } } } },
          more: { kind: { type: 'static_select', selected_option: null } },
        },
      },
    ]);
  });

  test('an empty required field and too long a text never leave the client', async () => {
    const id = await open();

    expect(await submit(id)).toEqual({
      status: 200,
      body: { errors: { reason: 'Please complete this required field.' } },
    });
    expect(await submit(id, { text: 'x'.repeat(21) })).toMatchObject({
      body: { errors: { reason: expect.stringContaining('no more than 20') } },
    });
    expect(submissions).toEqual([]);
  });

  test('errors of the app are shown by block and the form stays with what was typed', async () => {
    const id = await open();

    expect(await submit(id, { reason: 'bad' })).toEqual({
      status: 200,
      body: { errors: { reason: 'Give a better reason' } },
    });
    expect(stack()).toMatchObject([{ id, state: { values: { reason: { text: { value: 'bad' } } } } }]);
    expect(await submit(id, { reason: 'wrong block' })).toMatchObject({
      status: 502,
      body: { error: expect.stringContaining('invalid_errors') },
    });
    expect(workspace.workspace().refused).toMatchObject([{ method: 'ack view_submission', error: 'invalid_errors' }]);
  });

  test('the app may show another view instead, or not answer at all', async () => {
    const id = await open();

    expect(await submit(id, { reason: 'update' })).toMatchObject({
      status: 200,
      body: { view: { id, title: { text: 'Changed' } } },
    });
    expect(await submit(id, { reason: 'silence' })).toMatchObject({
      status: 504,
      body: { error: expect.stringContaining('operation_timeout') },
    });
    expect(stack()).toHaveLength(1);
  });

  test('a pushed view knows those below, closes alone, and no more than three are stacked', async () => {
    const first = await open();
    const push = async (id: string) => workspace.slack.actions({ user: 'riley', view_id: id, action_id: 'push' });
    await push(first);
    const second = stack()[1]?.id ?? '';
    await push(second);
    const third = stack()[2]?.id ?? '';

    expect(stack()).toMatchObject([
      { id: first },
      { id: second, root_view_id: first, previous_view_id: first },
      { id: third, root_view_id: first, previous_view_id: second },
    ]);
    await push(third);
    expect(workspace.workspace().refused.at(-1)).toMatchObject({ method: 'views.push', error: 'push_limit_reached' });
    expect(await submit(second, { reason: 'x' })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining(third) },
    });
    expect(await submit(third, { reason: 'x' })).toMatchObject({ body: { closed: true, view: { id: second } } });
    expect(await workspace.slack.closeView({ user: 'riley' })).toMatchObject({
      body: { closed: true, view: { id: first } },
    });
    await eventually(() => expect(closed).toEqual([second]));
    await push(first);
    expect(await submit(stack()[1]?.id ?? '', { reason: 'all' })).toEqual({ status: 200, body: { closed: true } });
    expect(stack()).toEqual([]);
    expect(await workspace.slack.closeView({ user: 'riley' })).toMatchObject({ status: 409 });
  });

  test('a choice in a view is kept and sent with the next payload', async () => {
    const id = await open();

    expect(
      await workspace.slack.actions({ user: 'riley', view_id: id, action_id: 'kind', value: 'big' }),
    ).toMatchObject({ body: { ok: true } });
    expect(stack()[0]?.state.values['more']?.['kind']).toMatchObject({ selected_option: { value: 'big' } });
    expect(
      await workspace.slack.actions({ user: 'riley', view_id: id, action_id: 'kind', value: 'small' }),
    ).toMatchObject({ status: 400 });
  });

  test('options are found while typing, and only offered ones can be sent', async () => {
    const id = await open();
    const search = (value: string, action_id = 'pick') =>
      workspace.slack.suggest({ user: 'riley', view_id: id, action_id, value });

    expect(await search('web')).toMatchObject({
      status: 200,
      body: { options: [{ value: 'web-1' }, { value: 'web-2' }] },
    });
    expect(await search('web', 'kind')).toMatchObject({ status: 409 });
    expect(await workspace.slack.actions({ user: 'riley', view_id: id, action_id: 'text', value: 'x' })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('dispatch_action') },
    });
    expect(await submit(id, { reason: 'x', server: 'mail-9' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('server.pick') },
    });
    expect(await submit(id, { banana: 'x' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('reason.text, server.pick, more.kind') },
    });
    expect(await submit('V0NONE')).toMatchObject({ status: 404 });
    expect(await workspace.slack.actions({ user: 'avery', view_id: id, action_id: 'push' })).toMatchObject({
      status: 404,
    });
  });
});
