import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Listener } from '#listener.ts';
import { createCopies } from '#status-page/copies.ts';
import { pageOf } from '#status-page/model.ts';
import { serveStatusPage } from '#status-page/server.ts';
import { openBrowser, openPage } from '#test/browser/browser.ts';
import { busy, now } from '#test/status-page/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

let browser: Browser;
let server: Listener;
beforeAll(async () => {
  browser = await openBrowser();
  const { settings, facts } = busy();
  const clock = createFakeClock(now);
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const read = async () => pageOf(settings, facts);
  const copies = createCopies({ read, everyMs: () => 30_000, clock, log });
  server = await serveStatusPage({ settings: createFakeSettings({ statusPage: settings }), copies, clock, log });
});
afterAll(async () => {
  await server?.close();
  await browser?.close();
});

/** Every error in the console, what the policy blocked among them, fails the test. */
async function look<T>(options: BrowserContextOptions, see: (page: Page) => Promise<T>): Promise<T> {
  const { page, errors, close } = await openPage(browser, server.url()!, options);
  const seen = await see(page);
  expect(errors()).toEqual([]);
  // Afterwards, as it puts a style of its own into the page, which the policy blocks.
  if (process.env['UPDATE_SCREENSHOT'] === '1' && options.viewport === undefined && options.colorScheme === undefined)
    await page.screenshot({ path: 'docs/status-page.png', fullPage: true });
  await close();
  return seen;
}

test('people read how it is, with a screen reader too, and no script runs', async () => {
  await look({ javaScriptEnabled: false }, async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Harbour status' }).waitFor();
    await page.getByRole('main').getByText('Web shop is down').first().waitFor();
    const shop = page.getByRole('region', { name: 'Shop' });
    await shop.getByRole('img', { name: /^Payments, the last 90 days: 100 % uptime; no outage$/ }).waitFor();
    await shop.getByRole('listitem').filter({ hasText: 'Search' }).getByText('Degraded').waitFor();
    await page.getByRole('region', { name: 'Planned maintenance' }).getByText('Under way').waitFor();
    await page.getByRole('region', { name: 'Past incidents' }).getByText('Web shop and Payments were down').waitFor();
    await page.getByRole('contentinfo').getByRole('link', { name: 'Atom feed' }).waitFor();
    expect(await page.locator('script').count()).toBe(0);
    // The style was applied: its hash is the right one.
    expect(
      await page
        .locator('.card')
        .first()
        .evaluate((card) => getComputedStyle(card).borderRadius),
    ).toBe('12px');
  });
});

test.each([
  ['on a phone', { viewport: { width: 320, height: 640 } }],
  ['on a phone in the dark', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' }],
  ['on a desk', {}],
  ['on a desk in the dark', { colorScheme: 'dark' }],
] as const)('%s nothing is cut off and every text has a contrast of 4.5', async (_, options) => {
  const { wider, faint } = await look(options, (page) => page.evaluate(measure));

  expect(wider).toBe(0);
  expect(faint).toEqual([]);
});

test('the links lead to the feed, the data and the page without refreshing', async () => {
  await look({}, async (page) => {
    await page.getByRole('link', { name: 'Without refreshing' }).click();
    await page.getByText('Web shop is down').first().waitFor();
    expect(page.url()).toBe(`${server.url()}?refresh=no`);
  });
});

/** Runs in the page. Contrast as WCAG 2.2 defines it. */
function measure(): { wider: number; faint: string[] } {
  const parts = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour: string) => {
    const [r = 0, g = 0, b = 0] = parts(colour).map((part) => {
      const share = part / 255;
      return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  const faint = [...document.querySelectorAll('header *, main *, footer *')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== ''))
    .filter((one) => one.closest('svg') === null)
    .flatMap((one) => {
      const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return contrast >= 4.5 ? [] : [`${one.textContent}: ${contrast.toFixed(2)}`];
    });
  return { wider: document.documentElement.scrollWidth - innerWidth, faint };
}
