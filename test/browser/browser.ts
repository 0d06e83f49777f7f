import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Bound on starting the browser; unpacking it the first time takes about 4 s on two cores. */
const startWithinMs = 45_000;
/** Bound on everything a test waits for in the page. */
const actWithinMs = 10_000;

/**
 * A headless Chromium from npm, so that neither apt nor root is needed. It unpacks itself into the temporary directory
 * once. On a machine without the system's NSS libraries it brings its own when told it runs on Amazon Linux.
 * Source: https://github.com/Sparticuz/chromium
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await unpack();
  return chromium.launch({
    executablePath,
    // Chromium refuses its sandbox to root. The pages are our own.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    timeout: startWithinMs,
  });
}

async function unpack(): Promise<string> {
  process.env['CODEBUILD_BUILD_IMAGE'] ??= 'nodejs24';
  const { default: packed } = await import('@sparticuz/chromium');
  return packed.executablePath();
}

/** Opens a page whose errors fail the test: call `errors()` at its end. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; errors: () => readonly string[]; close: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(actWithinMs);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A refusal of the control API is an answer, which the page shows; the browser counts it as an error.
    const refused = message.location().url.includes('/sandbox/api/');
    if (message.type() === 'error' && !refused) errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors: () => errors, close: () => context.close() };
}
