import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openBrowser, openPage } from '#test/browser/browser.ts';
import { printed, startNode } from '#test/support/processes.ts';
import type { Child } from '#test/support/processes.ts';

/** Everything a first start does on two busy cores: the store, the bot, the first look at the fleet. */
const readyWithinMs = 60_000;
/** The first answer reads the whole fleet; the restore waits for AWS's delays, divided by the speed. */
const answeredWithinMs = 30_000;
const restoredWithinMs = 60_000;

let browser: Browser;
let sandbox: Child;
let url = '';
beforeAll(async () => {
  sandbox = startNode(['src/sandbox/main.ts', '--port', '0', '--speed', '20']);
  browser = await openBrowser();
  url = (await printed(sandbox, /Deckhand sandbox ready: (http:\S+)/, readyWithinMs))[1] ?? '';
}, 2 * readyWithinMs);
afterAll(async () => {
  await browser?.close();
  await sandbox?.kill('SIGTERM');
});
const timeout = readyWithinMs + answeredWithinMs + restoredWithinMs;

test(
  'a requester types /restore, another person presses Approve, and both see the card finish',
  { timeout },
  async () => {
    const { page, errors, close } = await openPage(browser, url);
    const box = page.getByTestId('command-box');
    await page.getByText('Deckhand is connected').waitFor();
    await page.getByTestId('channel-ops').click();

    await box.pressSequentially('/rest');
    await box.press('Tab');
    await box.pressSequentially('db-1');
    await box.press('Escape');
    await box.press('Enter');
    const card = page
      .locator('#messages article')
      .filter({ hasText: /Restore db-1 .*needs approval/ })
      .last();
    const approve = card.getByRole('button', { name: /^Approve/ });
    await approve.waitFor({ timeout: answeredWithinMs });
    const ts = await card.getAttribute('data-ts');
    const same = page.locator(`#messages [data-ts="${ts ?? ''}"]`);
    await page.getByTestId('person-approver').click();
    await page.locator('[data-testid="person-approver"][aria-pressed="true"]').waitFor();
    await same.getByRole('button', { name: /^Approve/ }).click();
    await page.getByRole('dialog', { name: 'Approve this plan?' }).getByRole('button', { name: 'Approve' }).click();

    await same.getByRole('heading', { name: /^Restored db-1 .*done$/ }).waitFor({ timeout: restoredWithinMs });
    expect(await same.getByRole('button', { name: /^Approve/ }).count()).toBe(0);
    await expect.poll(() => same.getByRole('button', { name: /undo/i }).count()).toBe(1);
    await expect.poll(() => page.getByTestId('broken').allTextContents()).toEqual([]);
    expect(errors()).toEqual([]);
    if (process.env['UPDATE_SCREENSHOT'] === '1') await page.screenshot({ path: 'docs/sandbox.png' });
    await close();
  },
);
