import type { Bot } from './bot.ts';

/** The sandbox's demo site, watched with quick checks, and mended by the remedies that a test chooses. */
export function watchShop(bot: Bot) {
  const quick = '{ interval: 1s, deadline: 1s, recheck: [250ms, 250ms, 250ms], recover: { every: 250ms } }';
  const container = 'container: shop, on: local, within: 20s';
  /** What lets a remedy act without a person, at once. */
  const auto = (more = '') => `auto: { after: 0ms, coolDown: 1s, perDay: 10, approval: none${more} }`;
  const settings = {
    alerts: '  reopen: 1s\n  escalate: { after: 1d, channel: C0OPS }',
    docker: `  - { name: local, url: "${bot.url}/docker" }`,
    scripts: '  - { name: again, lines: [systemctl restart shop] }',
    sitesDefaults: `  ${quick}`,
    monitoring: `  blind: { within: 3s, canaries: ["${bot.url}/demo-site"] }`,
  };
  const remedies = (...list: string[]) => ({
    sites: `  - name: demo-shop
    url: ${bot.url}/demo-site
    instance: web-1
    remedies:
${list.map((one) => `      - { ${one} }`).join('\n')}`,
  });
  const requests = async () => (await bot.call('GET', 'site')).body['requests'] as number;
  async function checks(count: number): Promise<void> {
    const seen = await requests();
    await bot.until(async () => (await requests()) > seen + count, `${count} checks`, 60_000);
  }
  const open = async () => (await bot.messages('alerts')).filter(({ text }) => text.startsWith('CRITICAL: demo-shop'));
  /** Everything is well, and was looked at. */
  async function well(): Promise<void> {
    await bot.site({ up: true, status: 200, cure: 'restart' });
    await bot.until(async () => (await open()).length === 0, 'the end of every alert', 60_000);
    await checks(2);
  }
  async function down(how: object = { status: 500 }) {
    await well();
    await bot.site(how);
    return bot.read('alerts', /^CRITICAL: demo-shop is down/, 60_000);
  }
  /** Lines in the threads of alerts about what was done without a person. */
  const byItself = async () =>
    (await bot.messages('alerts')).filter(
      ({ thread_ts, ts, plain }) => thread_ts !== undefined && thread_ts !== ts && /By itself/.test(plain),
    );
  const dockerCalls = async (action: string) =>
    ((await bot.call('GET', 'docker')).body['calls'] as Record<string, number>)[action] ?? 0;
  return { container, auto, settings, remedies, checks, well, down, byItself, dockerCalls };
}
