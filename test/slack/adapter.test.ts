import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Post } from '#ports/chat.ts';
import { eventually } from '#test/support/eventually.ts';

import { startSlack } from './support.ts';

let started: Awaited<ReturnType<typeof startSlack>>;
beforeAll(async () => {
  started = await startSlack();
});
afterAll(() => started.stop());

const saying = (alert: string): Post => ({
  message: { alert, sections: [{ kind: 'text', lines: [alert] }] },
  token: 't',
});
const shown = (channel: string) =>
  (
    started.workspace.messages(new URLSearchParams({ channel })).body as {
      messages: { ts: string; text: string; plain: string; ephemeral?: boolean; buttons: { action_id: string }[] }[];
    }
  ).messages;

describe('the Slack adapter', () => {
  it('hands a command on and answers only the person who typed it', async () => {
    await started.workspace.commands({ user: 'requester', channel: 'ops', text: '/restore db-1 --from latest' });
    await eventually(() => expect(started.heard.commands).toHaveLength(1));
    const request = started.heard.commands[0]!;
    expect(request).toMatchObject({
      actor: { id: 'U0REQUESTER' },
      channel: 'C0OPS',
      command: 'restore',
      text: 'db-1 --from latest',
    });

    await request.answer(saying('only you see this'));

    await eventually(() =>
      expect(shown('ops')).toContainEqual(expect.objectContaining({ text: 'only you see this', ephemeral: true })),
    );
  });

  it('posts, edits in place and hands presses on with the token of the card and the mark of the button', async () => {
    const post: Post = {
      message: {
        alert: 'Plan',
        title: 'Plan',
        sections: [{ kind: 'steps', steps: [{ label: 'Stop', state: 'running' }] }],
        buttons: [{ verb: 'approve', label: 'Approve', style: 'primary', mark: 'plan-7' }],
      },
      token: 'token-1',
    };
    const ref = await started.slack.chat.post('C0OPS', post);
    await started.workspace.actions({ user: 'approver', channel: 'ops', ts: ref.ts, action_id: 'approve' });
    await eventually(() => expect(started.heard.presses).toHaveLength(1));
    expect(started.heard.presses[0]).toMatchObject({
      verb: 'approve',
      token: 'token-1',
      mark: 'plan-7',
      channel: 'C0OPS',
      ts: ref.ts,
      actor: { id: 'U0APPROVER' },
    });

    await started.slack.chat.update(ref, {
      message: { alert: 'Done', sections: [{ kind: 'text', lines: ['Done'] }] },
      token: 'token-1',
    });

    expect(shown('ops').find(({ ts }) => ts === ref.ts)).toMatchObject({ text: 'Done', buttons: [] });
  });

  it('sends only the newest of many edits, and the last one always', async () => {
    const ref = await started.slack.chat.post('C0OPS', saying('0'));
    const before = JSON.stringify(started.workspace.workspace());
    await Promise.all(Array.from({ length: 30 }, (_, n) => started.slack.chat.update(ref, saying(String(n + 1)))));

    expect(shown('ops').find(({ ts }) => ts === ref.ts)?.text).toBe('30');
    expect(before).not.toBe('');
  });

  it('opens a form, tells wrong fields at the field, and hands the values on', async () => {
    await started.workspace.commands({ user: 'requester', channel: 'ops', text: '/restore' });
    await eventually(() => expect(started.heard.commands).toHaveLength(2));
    const opened = await started.heard.commands[1]!.openForm({
      operation: 'restore',
      title: 'Restore',
      submit: 'Go',
      fields: [
        { kind: 'search', id: 'target', label: 'Server', of: 'servers' },
        { kind: 'text', id: 'from', label: 'From' },
      ],
    });
    expect(opened).toBe(true);
    const [view] = (
      started.workspace.views(new URLSearchParams({ user: 'requester' })).body as { views: { id: string }[] }
    ).views;

    const bad = await started.workspace.submit({
      user: 'requester',
      view_id: view!.id,
      values: { target: 'i-00000001', from: 'bad' },
    });
    const good = await started.workspace.submit({
      user: 'requester',
      view_id: view!.id,
      values: { target: 'i-00000001', from: 'latest' },
    });

    expect(bad.body).toMatchObject({ errors: { from: 'not like this' } });
    expect(good.body).toMatchObject({ closed: true });
    expect(started.heard.forms.at(-1)).toMatchObject({
      operation: 'restore',
      channel: 'C0OPS',
      values: { target: 'i-00000001', from: 'latest' },
    });
  });

  it('knows strangers, guests, groups and shared channels', async () => {
    const { chat } = started.slack;

    expect(await chat.person('U0REQUESTER')).toMatchObject({ isExternal: false, isGuest: false, isBot: false });
    expect(await chat.person('U0GUEST')).toMatchObject({ isGuest: true });
    expect(await chat.person('U0CONNECT')).toMatchObject({ isExternal: true });
    expect(await chat.groupMembers('S0APPROVERS')).toContain('U0APPROVER');
    expect(await chat.channel('C0SHARED')).toMatchObject({ isExternallyShared: true });
    await expect(chat.person('U0NOBODY')).rejects.toMatchObject({ name: 'Refusal', code: 'not-found' });
  });

  it('says what to do when it is not in the channel', async () => {
    const { channels } = started.workspace.workspace() as { channels: { id: string; name: string }[] };
    const outside = channels.find(({ name }) => name === 'nobot')!;

    await expect(started.slack.chat.post(outside.id, saying('x'))).rejects.toMatchObject({
      code: 'not-here',
      message: expect.stringMatching(/invite @Deckhand/),
    });
  });

  it('answers Home only for the Home tab', async () => {
    await started.workspace.openHome({ user: 'requester' });
    await eventually(() => expect(started.heard.homes).toEqual(['U0REQUESTER']));

    await started.slack.chat.publishHome('U0REQUESTER', [{ kind: 'text', lines: ['hello'] }]);

    expect(JSON.stringify(started.workspace.home(new URLSearchParams({ user: 'requester' })).body)).toContain('hello');
  });

  it('waits out a short rate limit, and reports a post whose answer was lost as of unknown outcome', async () => {
    started.workspace.faults({ api: { method: 'chat.postMessage', error: 'ratelimited', retryAfter: 1, times: 1 } });
    await expect(started.slack.chat.post('C0OPS', saying('after the rest'))).resolves.toMatchObject({
      channel: 'C0OPS',
    });

    started.workspace.faults({ api: { method: 'chat.postMessage', dropAfterEffect: true, times: 1 } });
    await expect(started.slack.chat.post('C0OPS', saying('posted?'))).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('comes back after Slack refreshes the connection', async () => {
    started.workspace.faults({ disconnect: 'refresh_requested' });
    await vi.waitFor(
      async () => {
        const answer = await started.workspace.commands({ user: 'requester', channel: 'ops', text: '/snapshot web-1' });
        expect(answer.status).toBe(200);
        expect(started.heard.commands.at(-1)?.command).toBe('snapshot');
      },
      { timeout: 20_000, interval: 500 },
    );
  });
});
