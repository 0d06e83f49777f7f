import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { tempFolder } from '#test/support/processes.ts';

import { type Sandbox, startSandbox } from './sandbox.ts';

const folder = tempFolder('approval');
const config = join(folder.path, 'deckhand.yml');
const settings = (restore: string) => `
channels: { alerts: C0ALERTS }
roles:
  operator: { users: [U0REQUESTER, U0APPROVER, U0CONNECT] }
  approver: { users: [U0APPROVER, U0OUTSIDER, U0CONNECT] }
approvals:
  restore: ${restore}
limits: { poll: { min: 40ms, max: 300ms } }
health: { enabled: false }
`;
let sandbox: Sandbox;
beforeAll(async () => {
  writeFileSync(config, settings('{ approve: 1, role: approver, expires: 2s }'));
  sandbox = await startSandbox('--config', config);
});
afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

const newCard = (name: string) =>
  sandbox.see(
    'ops',
    ({ text, buttons }) =>
      text.includes(`Restore 1 volume of ${name} `) && buttons.some(({ action_id }) => action_id === 'approve'),
  );
const whispered = (pattern: RegExp) =>
  sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && pattern.test(plain));

describe('an approval', () => {
  it('that nobody gives expires: the card says so, and a late press changes nothing', async () => {
    await sandbox.command('requester', 'ops', '/restore db-1');
    const card = await newCard('db-1');

    const expired = await sandbox.turn(card, /expired/);

    expect(expired.buttons).toEqual([]);
    expect(expired.plain).toMatch(/Nobody answered in time/);
    const late = await sandbox.call('POST', 'actions', {
      user: 'approver',
      channel: 'ops',
      ts: card.ts,
      action_id: 'approve',
    });
    expect(late.status).toBe(404);
    expect((await sandbox.ec2()).calls.byAction['StopInstances'] ?? 0).toBe(0);
  });

  it('by two people needs two, and is the same person once; the rule changes without a restart', async () => {
    writeFileSync(config, settings('{ approve: 2, role: approver, expires: 5m }'));
    await sandbox.until(
      async () => {
        await sandbox.command('requester', 'general', '/deck audit');
        return (await sandbox.messages('general')).some(({ plain }) =>
          /settings · deckhand\.yml was changed/.test(plain),
        );
      },
      'the new settings',
      15_000,
    );
    await sandbox.command('requester', 'ops', '/restore db-1');
    const card = await newCard('db-1');

    await sandbox.press('approver', card, 'approve');
    await sandbox.turn(card, /Waits for the approval of another person/);
    await sandbox.press('approver', card, 'approve');
    await whispered(/already answered/);
    await sandbox.press('outsider', card, 'approve');

    await sandbox.turn(card, /done: Restored/);
  });

  it('is never given by a person of another company, whatever roles the file gives them', async () => {
    await sandbox.command('requester', 'shared', '/restore db-2');
    await sandbox.see(
      'shared',
      ({ plain, ephemeral }) => ephemeral === true && /shared with another company/.test(plain),
    );
  });

  it('is refused where Deckhand could not be followed', async () => {
    await sandbox.command('requester', 'nobot', '/restore db-2');

    await sandbox.see('nobot', ({ plain }) => /\/invite @Deckhand/.test(plain));
  });

  it('can be taken back by the person who asked', async () => {
    await sandbox.command('requester', 'ops', '/restore db-2');
    const card = await newCard('db-2');

    await sandbox.press('requester', card, 'cancel');

    expect((await sandbox.turn(card, /cancelled/)).buttons).toEqual([]);
  });

  it('is recorded: who asked, who approved, what was done', async () => {
    await sandbox.command('requester', 'general', '/deck audit');

    const shown = await sandbox.see(
      'general',
      ({ plain }) =>
        /asked/.test(plain) &&
        /approved/.test(plain) &&
        /done/.test(plain) &&
        /expired/.test(plain) &&
        /cancelled/.test(plain),
    );
    expect(shown.ephemeral).toBe(true);
  });
});
