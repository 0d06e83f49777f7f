import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';

let bot: Bot;
beforeAll(async () => {
  bot = await startBot();
  await bot.reconfigure({
    sitesDefaults: '  { interval: 3s, deadline: 2s, recheck: [500ms, 1s, 1s], recover: { every: 500ms } }',
    monitoring: `  group: { wait: 1s }\n  blind: { within: 3s, canaries: ["${bot.url}/sandbox"] }`,
    sites: `  - { name: fixed, url: "${bot.url}/demo-site?fixed" }`,
  });
}, 240_000);
afterAll(() => bot.stop());

const say = (text: string) => bot.command('requester', 'ops', text);
async function confirmed(line: string, plan: RegExp, done: RegExp): Promise<void> {
  await say(line);
  const card = await bot.read('ops', plan);
  await bot.press('requester', card, 'confirm');
  await bot.turn(card, done);
}
const listed = async (pattern: RegExp) => {
  const before = new Set((await bot.messages('ops')).map(({ ts }) => ts));
  await bot.until(
    async () => {
      await say('/deck sites');
      const fresh = (await bot.messages('ops')).filter(({ ts }) => !before.has(ts));
      return fresh.some(({ plain, ephemeral }) => ephemeral === true && pattern.test(plain));
    },
    `a list with ${pattern}`,
    30_000,
  );
};

describe('a site that is managed in Slack', () => {
  it('is added, watched and told, paused, changed and removed, without a restart', { timeout: 180_000 }, async () => {
    await confirmed(
      `/deck sites add shop ${bot.url}/demo-site?shop --owner "Team Shop"`,
      /Watch the site shop/,
      /shop is watched/,
    );
    await listed(/shop up/);

    await bot.site({ status: 500 });
    const alert = await bot.read('alerts', /CRITICAL: shop is down/, 60_000);
    expect(alert.plain).toMatch(/Team Shop/);

    await say('/deck sites pause shop 2h');
    await bot.read('ops', /Pause shop for 2 h/);
    await bot.turn(alert, /Over after|paused/i, 30_000);
    await listed(/shop paused until/);
    await bot.site({ status: 200 });
    await say('/deck sites resume shop');
    await bot.read('ops', /done: Resume shop/);
    await listed(/shop up/);

    await confirmed('/deck sites edit shop --owner Ops --slow 1500ms', /Change the site shop/, /shop was changed/);
    const card = await bot.read('ops', /owner: Ops.*was Team Shop/);
    expect(card.plain).toMatch(/slow: 1500ms/);

    await confirmed('/deck sites remove shop', /Stop watching shop/, /shop is watched no more/);
    await bot.until(
      async () => {
        await say('/deck sites shop');
        return (await bot.messages('ops')).some(({ plain }) => /No site is like that/.test(plain));
      },
      'the end of the watch',
      30_000,
    );
  });

  it('says what is wrong before anybody is asked, and takes no secret', async () => {
    await say(`/deck sites add bad ${bot.url}/demo-site --interval soon`);
    await bot.read('ops', /interval: Expected a time from 1s to 1d/);
    await say(`/deck sites add bad ${bot.url}/demo-site --intervall 60s`);
    await bot.read('ops', /intervall is no field of a site. Did you mean interval\?/);
    await say('/deck sites add bad http://169.254.169.254/latest/meta-data');
    await bot.read('ops', /url: Expected an address that a check may go to: .*instance metadata/);
    await say('/deck sites add bad http://10.0.0.5/');
    await bot.read('ops', /url: .*private; allow it under web\.allowPrivate/);
    await say('/deck sites add bad notaurl');
    await bot.read('ops', /url: .*Expected an address such as/);
    await say(`/deck sites add odd ${bot.url}/demo-site?odd --instance nosuch`);
    const card = await bot.read('ops', /Watch the site odd/);
    expect(card.plain).toMatch(/Now: answers in \d+ ms/);
    expect(card.plain).toMatch(/Server nosuch: EC2 knows no such server/);
    await say(`/deck sites add odd ${bot.url}/demo-site?other`);
    await bot.read('ops', /odd is to be added already: run r-\w+ waits/);
    await bot.press('requester', card, 'cancel');
    await bot.turn(card, /cancelled/i);
    await say('/deck sites add bad tcp://example.com:22');
    await bot.read('ops', /url: Expected another port: .*port 22; add it to web\.ports/);
    await say('/deck sites test tcp://example.com:22');
    await bot.read('ops', /Expected another port: .*port 22; add it to web\.ports/);
    await say(`/deck sites add bad ${bot.url}/demo-site --parent nobody`);
    await bot.read('ops', /parent: Expected the name of another site/);
    await say(`/deck sites add bad ${bot.url}/demo-site --headers '{"x-key": "s3cret"}'`);
    await bot.read('ops', /headers: Expected values that name a variable/);
    await say(`/deck sites add bad ${bot.url}/demo-site --headers '{"x-key": "\${env:SLACK_BOT_TOKEN}"}'`);
    expect((await bot.read('ops', /begins with SITE_, not SLACK_BOT_TOKEN/)).ephemeral).toBe(true);
  });

  it('is lost neither by a crash nor by a form', { timeout: 120_000 }, async () => {
    await say('/deck sites add');
    const view = await bot.until(
      async () => ((await bot.call('GET', 'views?user=requester')).body as { views: { id: string }[] }).views.at(-1),
      'the form',
    );
    const values = { name: 'form', url: `${bot.url}/demo-site?form`, interval: 'soon' };
    const submit = (more: object) =>
      bot.call('POST', 'views/submit', { user: 'requester', view_id: view.id, values: { ...values, ...more } });
    const wrong = await submit({});
    expect(JSON.stringify(wrong.body)).toMatch(/"interval":"Expected a time/);
    expect((await submit({ interval: '5s' })).body).toMatchObject({ closed: true });
    const card = await bot.read('ops', /Watch the site form/);
    await bot.press('requester', card, 'confirm');
    await bot.turn(card, /form is watched/);

    await bot.crash();

    await listed(/form up/);
  });
});

describe('a site of deckhand.yml', () => {
  it('is not changed from Slack, which says where it stands', async () => {
    await say('/deck sites edit fixed --interval 5s');
    const answer = await bot.read('ops', /fixed is managed in deckhand\.yml:\d+/);
    expect(answer.ephemeral).toBe(true);
    await say('/deck sites remove fixed');
    await say(`/deck sites add fixed ${bot.url}/demo-site`);
    const line = Number(/deckhand\.yml:(\d+)/.exec(answer.plain)?.[1]);
    expect(readFileSync(bot.settingsFile, 'utf8').split('\n')[line - 1]).toMatch(/name: fixed/);
  });

  it('counts where both have the name; the other is told once and kept', { timeout: 90_000 }, async () => {
    bot.configure(
      'sites',
      ['fixed', 'form'].map((name) => `  - { name: ${name}, url: "${bot.url}/demo-site?${name}" }`).join('\n'),
    );
    await bot.read('alerts', /Site form is defined twice/, 60_000);
    await listed(/form was added here, but deckhand\.yml has one/);
    await bot.crash();
    await listed(/form was added here/);
    expect((await bot.messages('alerts')).filter(({ text }) => /defined twice/.test(text))).toHaveLength(1);
  });
});

describe('a test', () => {
  it('shows phases and verdict of a site and of an address', async () => {
    await say('/deck sites test fixed');
    expect((await bot.read('ops', /fixed is up/)).plain).toMatch(/connect \d+ ms/);
    await say('/deck sites test http://169.254.169.254/latest/meta-data');
    await bot.read('ops', /169\.254\.169\.254 cannot be checked[^]*instance metadata/);
  });
});

describe('discovery', () => {
  it('suggests what load balancers serve, each with a line that adds it, and adds nothing', async () => {
    await say('/deck sites discover');
    const answer = await bot.read('ops', /Sites that are not watched/);
    expect(answer.plain).toMatch(
      /\/deck sites add shop-example-com https:\/\/shop\.example\.com\S* --load-balancer shop/,
    );
    await say('/deck sites shop-example');
    expect((await bot.read('ops', /No site is like that/)).ephemeral).toBe(true);
  });
});

describe('a silenced site', () => {
  it('is checked and listed as it is, and told only once the silence ends', { timeout: 90_000 }, async () => {
    await listed(/fixed up/);
    await say('/deck sites silence fixed 1h');
    await bot.read('ops', /done: Silence fixed/);
    // The watch notices within 5 s; a check is due every 3 s.
    const checks = async () => (await bot.call('GET', 'site')).body['requests'] as number;
    const seen = await checks();
    await bot.until(async () => (await checks()) > seen + 6, 'six more checks', 40_000);
    await bot.site({ status: 500 });
    await listed(/fixed down/);
    expect((await bot.messages('alerts')).filter(({ text }) => /CRITICAL:.*fixed/.test(text))).toEqual([]);

    await say('/deck sites silence fixed end');

    const alert = await bot.read('alerts', /CRITICAL: (fixed|.*sites) (is|are) down/, 60_000);
    expect(alert.plain).toMatch(/fixed/);
    await bot.site({ status: 200 });
  });
});
