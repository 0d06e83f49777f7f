import { describe, expect, it } from 'vitest';

import { createFakeClock } from '#test/support/fake-clock.ts';
import { createClock } from '#timers/clock.ts';
import { createResolver } from '#web/resolver.ts';

import { closeLater, dns, type Zone } from './servers.ts';

async function on(zone: Zone, ttl?: number, clock = createFakeClock()) {
  const server = await dns(zone, ttl);
  const resolver = createResolver({ clock, servers: [server.address], timeoutMs: 100, tries: 1 });
  closeLater(async () => resolver.close());
  const resolve = (name: string, fresh = false) => resolver.resolve(name, { fresh, deadlineMs: 10_000 });
  const ask = async (name: string, fresh = false) =>
    (await resolve(name, fresh)).addresses.map(({ address }) => address);
  const questions = () => server.asked.filter((one) => one.startsWith('A ')).length;
  return { ask, resolve, questions, clock, resolver, asked: server.asked };
}

describe('the resolver', () => {
  it('answers from its cache while an answer is valid', async () => {
    const { ask, questions, clock } = await on({ 'a.test': ['192.0.2.1'] }, 30);

    expect(await ask('a.test')).toEqual(['192.0.2.1']);
    await clock.advance(29_000);
    expect(await ask('A.TEST')).toEqual(['192.0.2.1']);
    expect(questions()).toBe(1);
    await clock.advance(2_000);
    await ask('a.test');

    expect(questions()).toBe(2);
  });

  it('believes no answer for longer than five minutes', async () => {
    const { ask, questions, clock } = await on({ 'a.test': ['192.0.2.1'] }, 86_400);
    await ask('a.test');

    await clock.advance(301_000);
    await ask('a.test');

    expect(questions()).toBe(2);
  });

  it('asks anew when the answer must be fresh', async () => {
    const { ask, questions } = await on({ 'a.test': ['192.0.2.1'] }, 300);
    await ask('a.test');

    await ask('a.test', true);

    expect(questions()).toBe(2);
  });

  it('falls back on an old answer for a day while the servers are silent, and says so', async () => {
    const zone: Zone = { 'a.test': ['192.0.2.1'] };
    const { resolve, clock } = await on(zone, 10);
    expect(await resolve('a.test')).toMatchObject({ stale: false });
    zone['a.test'] = 'silent';
    await clock.advance(3_600_000);

    const old = { addresses: [{ address: '192.0.2.1', family: 4 }], stale: true };
    expect(await resolve('a.test')).toEqual(old);
    expect(await resolve('a.test', true)).toEqual(old);
    await clock.advance(24 * 3_600_000);
    await expect(resolve('a.test')).rejects.toMatchObject({
      failure: { class: 'dns', detail: 'the DNS did not answer' },
    });
  });

  it('lets nobody wait for silent servers again, asks them every 30 s, and believes what they then say', async () => {
    const zone: Zone = { 'a.test': ['192.0.2.1'], 'b.test': ['192.0.2.2'] };
    const { resolve, ask, questions, clock } = await on(zone, 10);
    await Promise.all([ask('a.test'), ask('b.test')]);
    Object.assign(zone, { 'a.test': 'silent', 'b.test': 'silent' });
    await clock.advance(60_000);
    await Promise.all([ask('a.test'), ask('b.test')]);
    const before = questions();

    await clock.advance(29_000);
    expect(await resolve('a.test')).toMatchObject({ stale: true });
    expect(questions()).toBe(before);
    zone['a.test'] = ['192.0.2.9'];
    delete zone['b.test'];
    await clock.advance(2_000);
    await Promise.all([ask('a.test'), ask('b.test')]);

    await expect.poll(() => resolve('a.test')).toMatchObject({ addresses: [{ address: '192.0.2.9' }], stale: false });
    await expect.poll(() => ask('b.test').catch(String)).toMatch(/there is no such name/);
  });

  it('believes a server that says a name is gone', async () => {
    const zone: Zone = { 'a.test': ['192.0.2.1'] };
    const { ask, clock } = await on(zone, 10);
    await ask('a.test');
    delete zone['a.test'];
    await clock.advance(60_000);

    await expect(ask('a.test')).rejects.toMatchObject({ failure: { detail: 'there is no such name in the DNS' } });
  });

  it('asks once for all who want the same name at the same time', async () => {
    const { ask, questions } = await on({ 'a.test': ['192.0.2.1', '192.0.2.2'] });

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('a.test')));

    expect(answers.every((answer) => answer.length === 2)).toBe(true);
    expect(questions()).toBe(1);
  });

  it('is not held up by names whose servers never answer', async () => {
    const live = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`live${n}.test`, ['192.0.2.1']]));
    const dead = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`dead${n}.test`, 'silent' as const]));
    const server = await dns({ ...live, ...dead });
    const patient = createResolver({
      clock: createFakeClock(),
      servers: [server.address],
      timeoutMs: 20_000,
      tries: 1,
    });
    closeLater(async () => patient.close());
    let given = 0;
    const lost = Object.keys(dead).map(async (name) => {
      await patient.resolve(name, { fresh: false, deadlineMs: 10_000 }).catch(() => given++);
    });

    await Promise.all(Object.keys(live).map((name) => patient.resolve(name, { fresh: false, deadlineMs: 10_000 })));

    expect(given).toBe(0);
    patient.close();
    await Promise.all(lost);
    expect(given).toBe(20);
  });

  it('follows CNAMEs to the last name, and asks for them again after five minutes', async () => {
    const zone: Zone = { 'shop.test': ['CNAME Shops.test.'], 'shops.test': ['CNAME d1.cdn.test'], 'd1.cdn.test': [] };
    const { resolver, asked, clock } = await on(zone);

    expect(await Promise.all(['shop.test', 'SHOP.test.'].map((name) => resolver.canonical(name)))).toEqual([
      'd1.cdn.test',
      'd1.cdn.test',
    ]);
    expect(asked).toEqual(['CNAME shop.test', 'CNAME shops.test', 'CNAME d1.cdn.test']);
    await clock.advance(299_000);
    expect(await resolver.canonical('shop.test')).toBe('d1.cdn.test');
    expect(asked).toHaveLength(3);
    zone['shop.test'] = ['192.0.2.1'];
    await clock.advance(2_000);

    expect(await resolver.canonical('shop.test')).toBe('shop.test');
  });

  it('ends where CNAMEs go in a circle, and says nothing of a name while the servers are silent', async () => {
    const { resolver, asked } = await on({
      'a.test': ['CNAME b.test'],
      'b.test': ['CNAME a.test'],
      'c.test': 'silent',
    });

    expect(await resolver.canonical('a.test')).toMatch(/^[ab]\.test$/);
    expect(asked.length).toBeLessThan(10);
    expect(await resolver.canonical('c.test')).toBeUndefined();
    expect(await resolver.canonical('localhost')).toBeUndefined();
    expect(await resolver.canonical('192.0.2.1')).toBeUndefined();
  });

  it('asks the system for localhost and names without a dot', async () => {
    const { ask, questions } = await on({}, 60);
    const real = createResolver({ clock: createClock() });
    closeLater(async () => real.close());

    const { addresses } = await real.resolve('localhost', { fresh: false, deadlineMs: 10_000 });
    expect(addresses.length).toBeGreaterThan(0);
    expect(await ask('localhost')).toContain('127.0.0.1');
    expect(questions()).toBe(0);
  });
});
