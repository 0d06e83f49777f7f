import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

type View = { id: string; title?: { text: string } };
const openForm = async (command: string) => {
  await sandbox.command('requester', 'ops', command);
  return sandbox.until(
    async () => ((await sandbox.call('GET', 'views?user=requester')).body as { views: View[] }).views.at(-1),
    'the form',
  );
};

describe('a command without arguments', () => {
  it('opens a form with searchable servers, tells what is wrong at the field, and ends in the same plan', async () => {
    const { id } = await sandbox.server('db-1');
    const view = await openForm('/restore');

    const found = await sandbox.until(async () => {
      const { body } = await sandbox.call('POST', 'suggest', {
        user: 'requester',
        view_id: view.id,
        action_id: 'suggest:servers',
        value: 'db-1',
      });
      return ((body as { options?: { value: string }[] }).options ?? []).some(({ value }) => value === id);
    }, 'the menu');
    const wrong = await sandbox.call('POST', 'views/submit', {
      user: 'requester',
      view_id: view.id,
      values: { target: id, from: 'yesterday' },
    });
    const right = await sandbox.call('POST', 'views/submit', {
      user: 'requester',
      view_id: view.id,
      values: { target: id, from: 'latest' },
    });

    expect(found).toBe(true);
    expect(JSON.stringify(wrong.body)).toMatch(/not understood/);
    expect(right.body).toMatchObject({ closed: true });
    await sandbox.read('ops', /Restore 1 volume of db-1/);
  });

  it('asks for a site and a time where a verb of sites was typed alone', async () => {
    const view = await openForm('/deck sites silence');
    const { body } = await sandbox.call('POST', 'suggest', {
      user: 'requester',
      view_id: view.id,
      action_id: 'suggest:sites',
      value: 'demo',
    });
    expect((body as { options?: { value: string }[] }).options?.map(({ value }) => value)).toEqual(['demo-shop']);
    const submit = (of: View, values: object) =>
      sandbox.call('POST', 'views/submit', { user: 'requester', view_id: of.id, values });
    expect((await submit(view, { site: 'demo-shop', time: '1h' })).body).toMatchObject({ closed: true });
    await sandbox.read('ops', /done: Silence demo-shop for 1 h/);

    const work = await openForm('/deck sites maintenance');
    await submit(work, { site: 'demo-shop', time: '2h', reason: 'a new database, 1h at most' });
    expect((await sandbox.read('ops', /done: Maintenance of demo-shop for 2 h/)).plain).toContain(
      'a new database, 1h at most',
    );
    await submit(await openForm('/deck sites maintenance'), { site: 'demo-shop', time: 'end' });
    await sandbox.read('ops', /done: End the maintenance of demo-shop/);

    await submit(await openForm('/deck sites test'), { site: 'demo-shop' });
    await sandbox.see('ops', ({ plain }) => /demo-shop (is up|answers)/.test(plain));
    const removing = await openForm('/deck sites remove');
    expect(JSON.stringify((await submit(removing, { site: 'demo-shop' })).body)).toMatch(/managed in .*deckhand/);
  });

  it('lets a tag change be filled in', async () => {
    const { id } = await sandbox.server('web-1');
    const view = await openForm('/tag');

    await sandbox.call('POST', 'views/submit', {
      user: 'requester',
      view_id: view.id,
      values: { target: id, changes: 'owner=me -env' },
    });

    expect((await sandbox.read('ops', /Change tags of web-1/)).plain).toMatch(/owner=me/);
  });
});

describe('App Home', () => {
  it('shows what waits, what runs and what is wrong', async () => {
    await sandbox.command('requester', 'ops', '/restore db-2');
    await sandbox.read('ops', /Restore 1 volume of db-2/);
    await sandbox.call('POST', 'home/open', { user: 'approver' });

    const home = await sandbox.until(async () => {
      const text = JSON.stringify((await sandbox.call('GET', 'home?user=approver')).body);
      return /Restore 1 volume of db-2/.test(text) ? text : undefined;
    }, 'the home tab');
    expect(home).toMatch(/Waiting for people/);
  });

  it('tells a person without a role whom to ask', async () => {
    await sandbox.call('POST', 'home/open', { user: 'outsider' });

    await sandbox.until(
      async () => /You have no role/.test(JSON.stringify((await sandbox.call('GET', 'home?user=outsider')).body)),
      'the answer',
    );
  });
});
