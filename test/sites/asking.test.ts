import { describe, expect, it } from 'vitest';

import { Refusal } from '#errors.ts';
import type { Cloud, Instance } from '#ports/cloud.ts';
import type { Json } from '#ports/json.ts';
import { createBook } from '#sites/book.ts';
import { createCanaries } from '#sites/canaries.ts';
import { createServerFinder } from '#sites/server.ts';
import { createKeptLog } from '#test/config/support.ts';
import { anInstance } from '#test/support/builders.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';

import { aFailure, after } from './support.ts';

const never = () => new Promise<never>(() => {});

describe('the canaries', () => {
  const silent = async () => aFailure(0, 'connect-timeout', 'no connection');
  const away = async () => {
    throw new Error('no network');
  };
  async function ask(probe: () => Promise<ReturnType<typeof aFailure>>, instances: Cloud['instances']) {
    const clock = createFakeClock();
    const answer = createCanaries({
      web: { probe },
      cloud: { instances },
      clock,
      addresses: () => ['https://well-known.example.com/'],
    })();
    await clock.advance(5_000);
    expect(clock.pending()).toBe(0);
    return answer;
  }
  const unanswered = async () => {
    const { status: _status, ...rest } = await silent();
    return rest;
  };

  it('sing as soon as anything answers, whatever it answers', async () => {
    expect(await ask(async () => aFailure(0, 'status', 'HTTP 503'), never)).toBe(true);
    expect(await ask(unanswered, async () => [])).toBe(true);
    expect(await ask(unanswered, () => Promise.reject(new Refusal('not-permitted', 'AWS says no.')))).toBe(true);
  });

  it('are silent when nothing answers, and after five seconds at the latest', async () => {
    expect(await ask(unanswered, away)).toBe(false);
    expect(await ask(never, never)).toBe(false);
  });
});

describe('the server behind a site', () => {
  const asked: unknown[] = [];
  const finder = (instances: Cloud['instances'], clock = createFakeClock()) => ({
    clock,
    find: createServerFinder({ clock, cloud: { instances: (query) => (asked.push(query), instances(query)) } }),
  });
  const answers = (list: readonly Instance[]) => async () => list;

  it('is found by id or by Name', async () => {
    const { find } = finder(answers([anInstance({ id: 'i-0000000a', name: 'web-1' })]));

    expect(await find('web-1')).toMatchObject({ kind: 'found', id: 'i-0000000a', name: 'web-1', state: 'running' });
    await find('i-0000000a');
    expect(asked).toEqual([{ names: ['web-1'] }, { ids: ['i-0000000a'] }]);
    expect(await find(undefined)).toEqual({ kind: 'none' });
  });

  it('is unknown, and says why, when there is none, more than one, or no answer', async () => {
    const two = [anInstance(), anInstance({ id: 'i-00000002' })];
    const gone = () => Promise.reject(new Refusal('not-found', 'There is no instance i-0000000a.'));

    expect(await finder(answers([])).find('web')).toMatchObject({ kind: 'unknown', why: 'EC2 knows no such server' });
    expect(await finder(gone).find('i-0000000a')).toMatchObject({ why: 'EC2 knows no such server' });
    expect(await finder(answers(two)).find('web')).toMatchObject({ why: '2 servers have this Name; use an id' });
    expect(await finder(() => Promise.reject(new Error('x'))).find('web')).toMatchObject({
      why: 'EC2 could not be asked',
    });
    const slow = finder(never);
    const found = slow.find('web');
    await slow.clock.advance(5_000);
    expect(await found).toMatchObject({ why: 'EC2 has not answered yet' });
  });

  it('is looked for elsewhere when home does not know it, and a button then goes there', async () => {
    const place = (flags: string, instances: Cloud['instances']) => ({ flags, cloud: { instances } });
    const web = anInstance({ name: 'web-1' });
    const findAmong = (...others: ReturnType<typeof place>[]) =>
      createServerFinder({ clock: createFakeClock(), cloud: { instances: answers([]) }, elsewhere: () => others })(
        'web-1',
      );
    const staging = place(' --account staging --region us-east-1', answers([web]));
    const away = place(' --region us-west-2', () => Promise.reject(new Error('x')));

    expect(await findAmong(away, staging)).toMatchObject({
      kind: 'found',
      flags: ' --account staging --region us-east-1',
    });
    expect(await findAmong(staging, place(' --region us-west-2', answers([web])))).toMatchObject({
      why: '2 accounts or Regions have such a server; use an id',
    });
    expect(await findAmong(away)).toMatchObject({ why: 'EC2 could not be asked' });
    expect(await findAmong(place(' --region us-west-2', answers([])))).toMatchObject({
      why: 'EC2 knows no such server',
    });
  });

  it('is asked for once a minute, however many sites it carries', async () => {
    let calls = 0;
    const { find, clock } = finder(async () => (calls++, [anInstance()]));
    await Promise.all(Array.from({ length: 50 }, () => find('web')));
    expect(calls).toBe(1);

    await clock.advance(60_000);
    await find('web');

    expect(calls).toBe(2);
  });
});

describe('the book of sites', () => {
  it('gives back what it kept, and lets a site start anew whose state cannot be read', async () => {
    const store = createFakeWatchStore();
    const { log, lines } = createKeptLog();
    const clock = createFakeClock();
    const book = createBook({ history: store, clock, log, targetOf: () => 'what is checked' });
    const kept = { state: after('+----++').state, told: { down: { mark: 'm', sent: true, at: 5, over: false } } };
    book.soon('shop', () => kept);
    await clock.advance(1_000);
    await store.watch.save(new Map<string, Json>([['site:odd', { state: { phase: 'sideways' } }]]));

    const loaded = await book.load();

    expect([...loaded.keys()]).toEqual(['shop']);
    expect(loaded.get('shop')).toEqual(JSON.parse(JSON.stringify({ ...kept, target: 'what is checked' })));
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', data: expect.objectContaining({ key: 'site:odd' }) }),
    );
  });

  it('writes again what could not be written, the newest of it, and what waits when it closes', async () => {
    const store = createFakeWatchStore();
    const clock = createFakeClock();
    const book = createBook({ history: store, clock, log: createKeptLog().log, targetOf: () => undefined });
    const kept = (signs: string) => () => ({ state: after(signs).state, told: {} });
    store.fail(new Error('away'));
    book.soon('shop', kept('+'));
    await clock.advance(1_500);
    book.soon('shop', kept('+-'));
    store.fail();
    await clock.advance(1_000);
    expect((await book.load()).get('shop')?.state.phase).toBe('suspect');
    book.soon('blog', kept('+'));

    await book.close();

    expect([...(await book.load()).keys()].toSorted()).toEqual(['blog', 'shop']);
    expect(clock.pending()).toBe(0);
  });
});
