import { test } from 'vitest';

import { openBrowser, openPage } from '#test/browser/browser.ts';
const url = 'http://127.0.0.1:4790';
test('newcomer', async () => {
  const browser = await openBrowser();
  const { page, errors } = await openPage(browser, url, { viewport: { width: 1440, height: 1000 }, bypassCSP: true });
  let nr = 0;
  const shot = async (name: string) => {
    await page.waitForTimeout(400);
    await page.screenshot({ path: `/tmp/status/shots/b${String(++nr).padStart(2, '0')}-${name}.png` });
  };
  const box = page.getByTestId('command-box');
  const say = async (text: string, wait = 4000) => {
    await box.fill(text);
    await box.press('Escape');
    await box.press('Enter');
    await page.waitForTimeout(wait);
  };
  await page.getByText('Deckhand is connected').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForTimeout(300);
  await page.keyboard.press('Escape');
  await page.waitForTimeout(800);
  if (await page.getByTestId('modal').count()) await page.getByRole('button', { name: 'Cancel' }).last().click();
  await shot('start');
  await page.getByTestId('channel-ops').click();
  await page
    .getByTestId('place-direct')
    .click()
    .catch(() => {});
  await shot('direct');
  await page.getByTestId('channel-ops').click();
  await page.waitForTimeout(800);
  await shot('ops-now');
  await page
    .locator('#messages')
    .getByRole('button', { name: /undo the restore/i })
    .last()
    .click();
  await page.waitForTimeout(1500);
  const dialog = page.getByRole('dialog');
  if (await dialog.count()) {
    await shot('undo-dialog');
    await dialog.getByRole('button').last().click();
  }
  await page.waitForTimeout(4000);
  await shot('undo-asked');
  await say('/deck runs', 2500);
  await shot('runs');
  await say('/deck tags', 2500);
  await shot('tags');
  await say('/fleet db-1', 2500);
  await shot('fleet-one');
  await say('/deck audit', 2500);
  await shot('audit');
  await say('/snapshot nosuch', 2500);
  await shot('refused');
  await page.getByTestId('channel-alerts').click();
  await page.getByRole('button', { name: 'Demo site: down' }).click();
  await page.waitForTimeout(13000);
  await shot('site-down');
  const [popup] = await Promise.all([page.context().waitForEvent('page'), page.getByTestId('status-page').click()]);
  await popup.waitForLoadState();
  await popup.screenshot({ path: '/tmp/status/shots/90-public-down.png', fullPage: true });
  await popup.close();
  await page
    .locator('#messages')
    .getByRole('button', { name: /Reboot|Restart/ })
    .last()
    .click();
  await page.waitForTimeout(3500);
  await shot('site-remedy');
  await page.getByRole('button', { name: 'Demo site: up' }).click();
  await page.waitForTimeout(9000);
  await shot('site-up');
  await page.getByTestId('place-home').click();
  await page.waitForTimeout(2500);
  await shot('home');
  console.log(errors());
  await browser.close();
}, 300000);
