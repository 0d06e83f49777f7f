import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { startSandboxServer } from '#sandbox/server.ts';
import { createDemoSite } from '#sandbox/site.ts';
import { openBrowser, openPage } from '#test/browser/browser.ts';
import { besideEc2, createFakeEc2, createFakeSlack, ec2Dump } from '#test/sandbox/fake-parts.ts';
import { form, home, messages, tsOf } from '#test/sandbox/page/scene.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The page on make-believe parts, with the channel #ops open; every script error on it fails the test. */
async function openSandbox(options: BrowserContextOptions = {}, dump = ec2Dump) {
  const slack = createFakeSlack({ messages: { C0OPS: [...messages] }, home });
  const ec2 = createFakeEc2(dump);
  const site = createDemoSite();
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const server = await startSandboxServer({ port: 0, slack, ec2, ...besideEc2(ec2), site, log });
  const { page, errors, close } = await openPage(browser, server.url, options);
  ends.push(async () => {
    await close();
    await server.close();
    expect(errors()).toEqual([]);
  });
  await page.getByTestId('channel-ops').waitFor();
  const card = (n: number) => page.locator(`#messages [data-ts="${tsOf(n)}"]`);
  const asked = (what: string) => slack.asked.filter((one) => one.what === what).map(({ input }) => input);
  return { page, slack, ec2, site, card, asked };
}

test('a command is completed with the keyboard, sent, kept in the history, and answered in the channel', async () => {
  const { page, slack, asked } = await openSandbox();
  slack.state.onCommand = () => {
    slack.state.messages['C0OPS'] = [
      ...messages,
      { ts: tsOf(9), user: 'U0DECKHAND', bot_id: 'B0DECKHAND', text: 'Snapshot of *db-1* is under way' },
    ];
    return { status: 200, body: { ok: true } };
  };
  const box = page.getByTestId('command-box');

  await box.press('/');
  await page.getByRole('option', { name: '/snapshot' }).waitFor();
  await box.pressSequentially('sn');
  await box.press('Tab');
  await box.pressSequentially('db');
  await page.getByRole('option', { name: 'db-1 i-0' }).waitFor();
  await box.press('ArrowDown');
  await box.press('Enter');
  await box.press('Enter');

  await page.getByText('Snapshot of db-1 is under way').first().waitFor();
  expect(asked('commands')).toEqual([{ user: 'U0REQUESTER', channel: 'C0OPS', text: '/snapshot db-1' }]);
  expect(await box.inputValue()).toBe('');
  expect(await page.locator('#announcer').textContent()).toContain('under way');
  await box.press('ArrowUp');
  expect(await box.inputValue()).toBe('/snapshot db-1');
});

test('what is no command, and a refused one, are told and stay in the box', async () => {
  const { page, slack, asked } = await openSandbox();
  slack.state.onCommand = () => ({ status: 400, body: { error: 'There is no command /nope. Try /deck help.' } });
  const box = page.getByTestId('command-box');

  await box.fill('hello');
  await box.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'begin with a slash' }).waitFor();
  await box.fill('/nope');
  await box.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Try /deck help' }).waitFor();

  expect(asked('commands')).toHaveLength(1);
  expect(await box.inputValue()).toBe('/nope');
});

test('a button asks its question first, is still while the app works, and acts as the person one has become', async () => {
  const { page, slack, card, asked } = await openSandbox();
  const gate = Promise.withResolvers<void>();
  slack.state.gate = gate.promise;
  const approve = card(1).getByRole('button', { name: 'Approve' });

  await page.getByTestId('person-approver').click();
  await page.getByTestId('person-approver').and(page.locator('[aria-pressed="true"]')).waitFor();
  await approve.click();
  await page.getByRole('dialog', { name: 'Approve the restore?' }).getByRole('button', { name: 'Back' }).click();
  expect(asked('actions')).toEqual([]);
  await approve.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await expect.poll(() => approve.isDisabled()).toBe(true);
  expect(await card(1).getByRole('button', { name: 'Deny' }).isDisabled()).toBe(true);
  gate.resolve();
  await expect.poll(() => approve.isDisabled()).toBe(false);

  expect(asked('actions')).toEqual([
    { user: 'U0APPROVER', channel: 'C0OPS', ts: tsOf(1), action_id: 'approve', block_id: 'card', value: 't0ken' },
  ]);
});

test('one stays who one has become, also when an answer for the earlier person comes late', async () => {
  const { page, slack } = await openSandbox();
  const gate = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  await page.route(/api\/home\?user=U0REQUESTER/, async (route) => {
    held.resolve();
    await gate.promise;
    await route.continue();
  });
  slack.changed();
  await held.promise;

  await page.getByTestId('person-approver').click();
  const asApprover = page.waitForResponse(/api\/home\?user=U0APPROVER/);
  gate.resolve();
  await asApprover;

  await page.getByText('You are Avery, an approver').waitFor();
  expect(await page.getByTestId('person-approver').getAttribute('aria-pressed')).toBe('true');
});

test('a message that only one person may see is shown to that person alone', async () => {
  const { page, card } = await openSandbox();

  await card(5).getByText('Only visible to you').waitFor();
  await page.getByTestId('person-outsider').click();

  await expect.poll(() => card(5).count()).toBe(0);
});

test('an edited card changes in place and keeps the focus', async () => {
  const { page, slack, card } = await openSandbox();
  await card(1).getByRole('button', { name: 'Deny' }).focus();

  slack.state.messages['C0OPS'] = messages.map((message, at) =>
    at === 0 ? { ...message, edited: { ts: tsOf(8) }, text: 'changed' } : message,
  );
  slack.changed();

  await expect.poll(() => card(1).getAttribute('data-version')).toContain('changed');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Deny');
  expect(await card(1).getByText('(edited)').count()).toBe(1);
});

test('every kind of block is drawn, an unknown one by its type, and no text becomes markup', async () => {
  const { card } = await openSandbox();
  const message = card(6);

  expect(await message.getByRole('columnheader').allTextContents()).toEqual([
    'Server',
    'State',
    'Checks',
    'Last snapshot',
  ]);
  expect(await message.getByRole('cell', { name: 'instance impaired' }).count()).toBe(1);
  expect(await message.locator('strong', { hasText: /^bold$/ }).count()).toBe(1);
  expect(
    await message.getByRole('link', { name: 'a link' }).evaluate((link: HTMLAnchorElement) => [link.href, link.rel]),
  ).toEqual(['https://example.com/a?b=1&c=2', 'noopener noreferrer']);
  expect(await message.locator('blockquote').first().textContent()).toBe('quoted <b>never markup</b>');
  expect(await message.locator('b').count()).toBe(0);
  expect(await message.getByText('10:42:00 on fe80::1').count()).toBe(1);
  expect(await message.locator('pre').textContent()).toContain('--volume-ids');
  expect(await message.getByText('hologram').count()).toBe(1);
});

test('menus send what was chosen', async () => {
  const { card, asked } = await openSandbox();

  await card(6).getByRole('combobox', { name: 'Go to page' }).selectOption('Page 2');
  await expect.poll(() => asked('actions')).toHaveLength(1);
  await card(6).getByLabel('More actions').click();
  await card(6).getByRole('button', { name: 'Silence 1 h' }).click();

  await expect
    .poll(() => asked('actions'))
    .toMatchObject([
      { action_id: 'page', value: '2' },
      { action_id: 'more', value: 'silence' },
    ]);
});

test('a thread opens at the side, acts for who one is now, and closes with Esc', async () => {
  const { page, card, asked } = await openSandbox();

  await card(1).getByRole('button', { name: '2 replies' }).click();
  const thread = page.getByRole('region', { name: 'Thread' });
  await thread.getByText('Planned: one volume, one server.').waitFor();
  expect(await thread.getByRole('article').count()).toBe(3);
  expect(await page.locator('#messages').getByText('Planned: one volume').count()).toBe(0);
  await page.getByTestId('person-approver').click();
  await page.getByText('You are Avery, an approver').waitFor();
  await thread.getByRole('button', { name: 'Deny' }).click();
  await expect.poll(() => asked('actions')).toMatchObject([{ user: 'U0APPROVER', action_id: 'deny', ts: tsOf(1) }]);
  await page.keyboard.press('Escape');

  await thread.waitFor({ state: 'hidden' });
});

test('a form refuses empty fields, finds options while one types, shows the errors of the app and keeps what was typed', async () => {
  const { page, slack, asked } = await openSandbox();
  slack.state.suggestions = [
    { text: { type: 'plain_text', text: 'db-data (100 GiB)' }, value: 'vol-0bbbbbbbbbbbbbbb1' },
  ];
  slack.state.onSubmit = () => ({
    status: 200,
    body: { errors: { why: 'Say a little more, for example the ticket.' } },
  });
  slack.state.views = [form];
  slack.changed();
  const dialog = page.getByRole('dialog', { name: 'Restore a volume' });

  await dialog.getByRole('button', { name: 'Show the plan' }).click();
  expect(await dialog.getByText('Please fill in this field.').count()).toBe(2);
  expect(asked('submit')).toEqual([]);
  await dialog.getByRole('combobox', { name: 'Volume or server' }).pressSequentially('db');
  await dialog.getByRole('option', { name: 'db-data' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('broken');
  await dialog.getByLabel('Start the server afterwards').check();
  await dialog.getByRole('button', { name: 'Show the plan' }).click();

  await dialog.getByText('Say a little more').waitFor();
  expect(asked('suggest').at(-1)).toEqual({
    user: 'U0REQUESTER',
    view_id: 'V0FORM',
    action_id: 'target',
    block_id: 'target',
    value: 'db',
  });
  expect(asked('submit')).toEqual([
    {
      user: 'U0REQUESTER',
      view_id: 'V0FORM',
      values: {
        target: { target: 'vol-0bbbbbbbbbbbbbbb1' },
        from: { from: 'latest' },
        why: { why: 'broken' },
        hours: { hours: '' },
        options: { options: ['start'] },
        when: { when: 'now' },
      },
    },
  ]);
  expect(await dialog.getByRole('textbox', { name: 'Reason' }).inputValue()).toBe('broken');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(asked('closeView')).toEqual([{ user: 'U0REQUESTER', view_id: 'V0FORM' }]);
});

test('App Home asks the app to fill it and its buttons act on the view', async () => {
  const { page, asked } = await openSandbox();

  await page.getByTestId('place-home').click();
  await page.getByTestId('home').getByRole('button', { name: 'Refresh' }).click();

  await expect.poll(() => asked('actions')).toEqual([{ user: 'U0REQUESTER', view_id: 'V0HOME', action_id: 'refresh' }]);
  expect(asked('openHome')).toEqual([{ user: 'U0REQUESTER' }]);
});

test('a channel with news has a badge until it is opened', async () => {
  const { page, slack } = await openSandbox();

  slack.state.messages['C0ALERTS'] = [{ ts: tsOf(2), user: 'U0DECKHAND', text: 'demo-shop is down' }];
  slack.changed();
  await page.getByTestId('channel-alerts').getByText('1 unread').waitFor();
  await page.getByTestId('channel-alerts').click();

  await page.locator('#messages').getByText('demo-shop is down').waitFor();
  expect(await page.getByTestId('channel-alerts').getByText('unread').count()).toBe(0);
});

test('the panel breaks things and shows what is broken', async () => {
  const { page, ec2, slack, site } = await openSandbox(
    {},
    { ...ec2Dump, invariants: ['vol-1 is attached to nothing.'] },
  );

  await page.getByRole('button', { name: 'Demo site: down' }).click();
  await page.locator('button[aria-label="Demo site: down"][aria-pressed="true"]').waitFor();
  expect(site.state().up).toBe(false);
  await page.getByRole('button', { name: 'Impair the server' }).click();
  await page.getByRole('button', { name: 'Fail next snapshot' }).click();
  await page.getByRole('button', { name: 'Throttle EC2' }).click();
  await page.getByRole('combobox', { name: 'Permission to deny' }).selectOption('ec2:CreateVolume');
  await page.getByRole('button', { name: 'Deny the permission' }).click();
  await expect.poll(() => ec2.asked).toHaveLength(4);
  await page.getByRole('button', { name: 'Disconnect the socket' }).click();
  await page.getByRole('button', { name: 'Mend all' }).click();

  await expect.poll(() => site.state().up).toBe(true);
  await expect
    .poll(() => ec2.asked.map(({ input }) => input))
    .toEqual([
      { impair: 'i-0aaaaaaaaaaaaaaa1', check: 'instance' },
      { failNextSnapshot: 1 },
      { throttle: { times: 30 } },
      { deny: ['ec2:CreateVolume'] },
      { clear: true },
      { heal: 'i-0aaaaaaaaaaaaaaa2' },
    ]);
  expect(slack.asked.filter(({ what }) => what === 'slack faults')).toHaveLength(2);
  expect(await page.getByTestId('broken').textContent()).toContain('vol-1 is attached to nothing.');
  expect(await page.getByTestId('servers').getByText('instance check impaired').count()).toBe(1);
});

test('a ready command fills the box and is not sent by itself', async () => {
  const { page, asked } = await openSandbox();

  await page.getByTitle('/fleet all', { exact: true }).click();

  expect(await page.getByTestId('command-box').inputValue()).toBe('/fleet all');
  expect(asked('commands')).toEqual([]);
});

test('the page can be read in the dark and on a narrow screen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deckhand-page-'));
  ends.push(() => rm(folder, { recursive: true }));
  const { page } = await openSandbox({ colorScheme: 'dark', viewport: { width: 420, height: 800 } });
  const shot = join(folder, 'dark.png');

  await page.screenshot({ path: shot });
  const colours = await page.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.documentElement);
    return [color, backgroundColor].map((text) => Number(/\d+/.exec(text)?.[0]));
  });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

  expect((await stat(shot)).size).toBeGreaterThan(5_000);
  expect(colours[0]).toBeGreaterThan(200);
  expect(colours[1]).toBeLessThan(40);
  expect(wide).toBe(false);
  expect(await page.getByTestId('command-box').isVisible()).toBe(true);
});
