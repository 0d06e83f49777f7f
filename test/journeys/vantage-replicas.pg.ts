import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createDatabase } from '#test/support/postgres.ts';
import type { Child } from '#test/support/processes.ts';

import { type Bot, startBot } from './bot.ts';

/**
 * Three replicas on one Postgres, processes all of them: office watches, as it was first. The site sees by a header who
 * asks; that header is a secret of each process, so it also shows that secrets do not travel.
 */
const downFor = new Set<string>();
const asked: string[] = [];
let site: Server;
let office: Bot;
let frankfurt: Child;
let tokyo: Child;

beforeAll(async () => {
  site = createServer((request, response) => {
    const place = String(request.headers['x-place']);
    asked.push(place);
    response.writeHead(downFor.has(place) ? 500 : 200).end('ok');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  const place = (name: string) => ({ PLACE: name, DECKHAND_NAME: name });
  office = await startBot({ env: { DATABASE_URL: await createDatabase(), ...place('office') } });
  await office.reconfigure({
    monitoring: `  blind: { canaries: ["${office.url}/demo-site"] }`,
    alerts: '  reopen: 1s',
    sitesDefaults: '  { interval: 2s, deadline: 2s, recheck: [200ms, 400ms], recover: { every: 300ms } }',
    sites: `  - { name: shop, url: "http://127.0.0.1:${port}/", headers: { x-place: "\${env:PLACE}" } }`,
    vantage: '  replicas: true\n  wait: 8s',
  });
  await rounds('office', 1);
  [frankfurt, tokyo] = await Promise.all([office.beside(place('frankfurt')), office.beside(place('tokyo'))]);
}, 240_000);
afterAll(async () => {
  await Promise.all([frankfurt?.kill('SIGKILL'), tokyo?.kill('SIGKILL')]);
  await office?.stop();
  site.close();
  site.closeAllConnections();
});

const roots = async () =>
  (await office.messages('alerts')).filter(
    ({ ts, thread_ts, text }) => (thread_ts === undefined || thread_ts === ts) && /shop/.test(text),
  );
async function rounds(place: string, count: number): Promise<void> {
  const looks = () => asked.filter((one) => one === place).length;
  const before = looks();
  await office.until(async () => looks() >= before + count, `${count} looks from ${place}`, 60_000);
}
/** Whichever replica answers, its list of the others says so in the end. */
async function listed(pattern: RegExp): Promise<void> {
  await office.until(
    async () => {
      await office.command('requester', 'ops', '/deck sites');
      return (await office.messages('ops')).some(({ plain }) => pattern.test(plain));
    },
    `a list with ${pattern}`,
    90_000,
  );
}
const alertWith = (pattern: RegExp) =>
  office.see('alerts', ({ text, plain }) => text.startsWith('CRITICAL: shop is down') && pattern.test(plain), 90_000);

describe('three replicas on one Postgres', () => {
  it('tell nobody of a site that is down from one of them only', { timeout: 180_000 }, async () => {
    await listed(/(?:frankfurt, connected · tokyo|tokyo, connected · frankfurt), connected/);
    downFor.add('office');

    await rounds('tokyo', 3);

    expect(await roots()).toEqual([]);
    await listed(/down only from office; up from (?:frankfurt and tokyo|tokyo and frankfurt)/);
    downFor.clear();
    await rounds('office', 2);
  });

  it('tell once of one that is down from two, and the card names them', { timeout: 180_000 }, async () => {
    downFor.add('office').add('frankfurt');

    const alert = await alertWith(/from 2 of 3: office and frankfurt; up from tokyo/);

    expect(await roots()).toHaveLength(1);
    downFor.clear();
    await office.turn(alert, /Over after/, 60_000);
  });

  it(
    'go on when the one that watches dies: another watches, and two of two confirm',
    { timeout: 240_000 },
    async () => {
      const before = (await roots()).length;
      await office.kill('SIGKILL');
      downFor.add('frankfurt').add('tokyo');

      const alert = await alertWith(/from 2 of 2: (?:frankfurt and tokyo|tokyo and frankfurt); no answer from office/);

      expect(await roots()).toHaveLength(before + 1);
      downFor.clear();
      await office.turn(alert, /Over after/, 60_000);
    },
  );

  it('are not silenced by the death of the last one that confirms', { timeout: 240_000 }, async () => {
    const before = (await roots()).length;
    await frankfurt.kill('SIGKILL');
    downFor.add('tokyo');

    const alert = await alertWith(/from tokyo alone; not confirmed: no answer from /);

    expect(await roots()).toHaveLength(before + 1);
    downFor.clear();
    await office.turn(alert, /Over after/, 60_000);
  });
});
