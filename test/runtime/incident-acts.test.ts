import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPeople } from '#policy/people.ts';
import type { Person, Post } from '#ports/chat.ts';
import type { IncidentVerb } from '#ports/incidents.ts';
import type { Ask } from '#runtime/ask.ts';
import { createIncidentActs } from '#runtime/incident-acts.ts';
import { createIncidentPress } from '#runtime/incident-press.ts';
import { createIncidents } from '#runtime/incidents.ts';
import type { World } from '#runtime/world.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const start = 1_800_000_000_000;
const nobody = { isBot: false, isGuest: false, isDeleted: false, isExternal: false };
const people: Record<string, Partial<Person>> = {
  UVIEWER: {},
  UOPERATOR: {},
  UFREE: {},
  UGUEST: { isGuest: true },
  ULEFT: { isDeleted: true },
  UOTHER: { isExternal: true },
  UBOT: { isBot: true },
};
let nr = 0;

/** An open incident, and people who press or type. `shared`: the channel is shared with another company. */
async function anAlert({ shared = false } = {}) {
  const answers: Post[] = [];
  const settings = createFakeSettings();
  settings.change({
    channels: { ...settings.current().channels, commands: ['C0OPS'] },
    roles: {
      viewer: { users: ['UVIEWER', 'UGUEST', 'ULEFT', 'UOTHER', 'UBOT'], groups: [] },
      operator: { users: ['UOPERATOR'], groups: [] },
      approver: { users: [], groups: [] },
    },
  });
  const world = {
    history: store.history,
    log: silentLog,
    randomText: (length: number) => `a${nr++}`.padEnd(length, 'x'),
    clock: { now: () => start, after: () => () => undefined },
    settings,
    chat: {
      post: async (channel: string) => ({ channel, ts: `${nr++}.0` }),
      update: async () => undefined,
      person: async (id: string) => ({ id, name: id.toLowerCase(), teamId: 'T1', ...nobody, ...people[id] }),
      groupMembers: async () => [],
      channel: async (id: string) => ({ id, isExternallyShared: shared }),
    },
  } as unknown as World;
  const incidents = createIncidents(world);
  const key = `site:a${nr++}`;
  const words = { severity: 'critical', title: 'Site down · shop', alert: 'down', facts: [], detail: [] } as const;
  await incidents.raise(key, { channel: 'C0ALERTS', startedAt: start, report: { ...words, remedies: [] } });
  const { id } = (await store.history.incidents.open(key))!;
  const act = createIncidentActs({ world, who: createPeople(world), incidents });
  const press = createIncidentPress({ world, act, ask: {} as Ask, incidents });
  const by = (user: string) => ({
    actor: { id: user, teamId: 'T1', name: user.toLowerCase() },
    channel: 'C0ALERTS',
    answer: async (post: Post) => void answers.push(post),
  });
  return {
    id,
    key,
    /** As the button does it; `person`: who was chosen in the menu. */
    press: (user: string, verb: string, person?: string) =>
      press({ ...by(user), ts: '1.0', verb, person } as never, { subject: id } as never),
    /** As a command does it. */
    act: (user: string, verb: IncidentVerb, more: { person?: string; forMs?: number } = {}) =>
      act(by(user), { incident: id, verb, ...more }),
    end: () => incidents.resolve(key, { endedAt: start, report: { ...words, remedies: [] } }),
    now: async () => (await store.history.incidents.get(id))!,
    said: () => JSON.stringify(answers.map(({ message }) => message)),
    audited: async () =>
      (await store.history.audit.list({ limit: 50 }))
        .filter(({ targets, kind }) => targets.includes(key) && kind !== 'alert')
        .map(({ kind, actor }) => [kind, actor]),
  };
}

describe('an alert', () => {
  it('is assigned by an operator: the one who was chosen has it, and the record says by whom', async () => {
    const alert = await anAlert();

    await alert.press('UOPERATOR', 'assign', 'UFREE');

    expect(await alert.now()).toMatchObject({ acknowledgedBy: 'UFREE', report: { assignedBy: 'UOPERATOR' } });
    expect(await alert.audited()).toEqual([['assigned', 'UOPERATOR']]);
    expect(alert.said()).toMatch(/"Assigned to ufree/);
  });

  it.each([
    ['by a viewer', 'UVIEWER', 'UFREE', /operator role/],
    ['by somebody without a role', 'UFREE', 'UFREE', /operator role/],
    ['by a guest, whatever roles', 'UGUEST', 'UFREE', /Guests/],
    ['to a guest', 'UOPERATOR', 'UGUEST', /uguest cannot take it. Guests/],
    ['to somebody whose account is deactivated', 'UOPERATOR', 'ULEFT', /uleft cannot take it. .*deactivated/],
    ['to somebody of another company', 'UOPERATOR', 'UOTHER', /uother cannot take it. People from other workspaces/],
    ['to an app', 'UOPERATOR', 'UBOT', /ubot cannot take it. Bots/],
    ['to nobody', 'UOPERATOR', undefined, /Nobody was chosen/],
  ])('is not assigned %s, and stays as it is', async (_what, user, person, why) => {
    const alert = await anAlert();
    const before = await alert.now();

    await expect(alert.press(user, 'assign', person)).rejects.toThrow(why);

    expect(await alert.now()).toEqual(before);
    expect(await alert.audited()).toEqual([]);
  });

  it('may be taken by who may only look, not silenced', async () => {
    const alert = await anAlert();

    await alert.press('UVIEWER', 'acknowledge');
    await expect(alert.press('UVIEWER', 'silence')).rejects.toThrow(/operator role/);

    expect(await alert.now()).toMatchObject({ acknowledgedBy: 'UVIEWER', silencedUntil: undefined });
  });

  it('is silenced for an hour by the button, and for as long as a command says', async () => {
    const alert = await anAlert();

    await alert.press('UOPERATOR', 'silence');
    expect((await alert.now()).silencedUntil).toBe(start + 3_600_000);
    await alert.act('UOPERATOR', 'silence', { forMs: 7_200_000 });

    expect((await alert.now()).silencedUntil).toBe(start + 7_200_000);
    expect(alert.said()).toMatch(/Site down · shop: Silenced for 2 h/);
  });

  it('is nothing that anybody changes from a channel that another company shares', async () => {
    const alert = await anAlert({ shared: true });

    for (const verb of ['acknowledge', 'assign', 'silence', 'close'] as const)
      await expect(alert.act('UOPERATOR', verb, { person: 'UFREE' })).rejects.toThrow(/shared with another company/);

    expect((await alert.now()).version).toBe(1);
  });

  it('that is over takes no more, and says so', async () => {
    const alert = await anAlert();
    await alert.end();

    for (const verb of ['acknowledge', 'assign', 'silence', 'close', 'remedy-1'])
      await expect(alert.press('UOPERATOR', verb, 'UFREE')).rejects.toThrow(/is over/);

    expect(await alert.now()).toMatchObject({ state: 'resolved', acknowledgedBy: undefined });
  });

  it('that is about no site goes into no maintenance, and is closed by operators only', async () => {
    const alert = await anAlert();

    await expect(alert.press('UOPERATOR', 'maintenance')).rejects.toThrow(/about no site/);
    await expect(alert.press('UVIEWER', 'close')).rejects.toThrow(/operator role/);
    await alert.press('UOPERATOR', 'close');

    expect((await alert.now()).state).toBe('resolved');
  });

  it('has no use for the buttons of a run', async () => {
    const alert = await anAlert();

    await expect(alert.press('UOPERATOR', 'approve')).rejects.toThrow(/does nothing on an incident/);
  });
});
