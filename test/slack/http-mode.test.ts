import { createHmac } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sandboxSigningSecret } from '#sandbox/slack/seed.ts';
import { eventually } from '#test/support/eventually.ts';

import { startSlack } from './support.ts';

let started: Awaited<ReturnType<typeof startSlack>>;
beforeAll(async () => {
  started = await startSlack('http');
});
afterAll(() => started.stop());

const body =
  'command=%2Fdeck&text=help&user_id=U0REQUESTER&team_id=T0SANDBOX&channel_id=C0OPS&trigger_id=1.2.x&api_app_id=A0DECKHAND&response_url=';
async function send(secret: string, atSeconds: number): Promise<number> {
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${atSeconds}:${body}`).digest('hex')}`;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(atSeconds),
    'x-slack-signature': signature,
  };
  return (
    await fetch(`http://127.0.0.1:${started.port}/slack/events`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(5_000),
    })
  ).status;
}
const now = () => Math.floor(Date.now() / 1000);

describe('HTTP mode', () => {
  it('takes commands and presses that Slack signed', async () => {
    const answer = await started.workspace.commands({ user: 'requester', channel: 'ops', text: '/restore db-1' });
    const ref = await started.slack.chat.post('C0OPS', {
      message: { alert: 'Plan', sections: [], buttons: [{ verb: 'approve', label: 'Approve' }] },
      token: 'tok',
    });
    await started.workspace.actions({ user: 'approver', channel: 'ops', ts: ref.ts, action_id: 'approve' });

    expect(answer.body).toMatchObject({ ok: true });
    await eventually(() => expect(started.heard.presses[0]).toMatchObject({ token: 'tok', verb: 'approve' }));
    expect(started.heard.commands[0]).toMatchObject({ command: 'restore', text: 'db-1' });
  });

  it('refuses a wrong signature, an old request and an unsigned one', async () => {
    expect(await send('0'.repeat(32), now())).toBe(401);
    expect(await send(sandboxSigningSecret, now() - 301)).toBe(401);
    expect((await fetch(`http://127.0.0.1:${started.port}/slack/events`, { method: 'POST', body })).status).toBe(401);
    expect(await send(sandboxSigningSecret, now())).toBe(200);
  });

  it('answers /healthz on the same port, with what the app says of itself', async () => {
    const answer = await fetch(`http://127.0.0.1:${started.port}/healthz`);

    expect([answer.status, await answer.json()]).toEqual([200, { ok: true, siteChecks: { skipped: 0 } }]);
  });
});
