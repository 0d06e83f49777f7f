import { describe, expect, it } from 'vitest';

import { createServerGuard, withRules } from '#fleet/automatic.ts';
import type { Cloud, Instance, InstanceHealth } from '#ports/cloud.ts';
import type { ServerCure, ServerRule, Settings } from '#ports/settings.ts';
import { anInstance } from '#test/support/builders.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createCalendar } from '#timers/calendar.ts';

const now = 10_000_000;
const rule = (remedy: ServerCure, selector = 'role=web'): ServerRule => ({
  name: `rule-${remedy}`,
  selector,
  remedy,
  auto: { afterMs: 0, perIncident: 1, perDay: 3, coolDownMs: 0, approval: { kind: 'none' } },
});
const web = anInstance({ tags: { role: 'web' } });
const health = (of: Partial<InstanceHealth> = {}): InstanceHealth => ({
  instanceId: web.id,
  state: 'running',
  system: 'ok',
  instance: 'ok',
  ebs: 'ok',
  events: [],
  ...of,
});
const event = { id: 'e-1', code: 'instance-retirement', description: '', completed: false };

function guard(of: {
  instance?: Instance | undefined;
  health?: InstanceHealth;
  held?: readonly string[];
  works?: Settings['maintenance'];
}) {
  const cloud = {
    instances: async () => ('instance' in of ? (of.instance === undefined ? [] : [of.instance]) : [web]),
    health: async () => [of.health ?? health()],
  } as unknown as Cloud;
  return createServerGuard({
    clouds: { at: () => cloud } as never,
    history: {
      claims: { holders: async () => (of.held ?? []).map((run) => ({ resource: web.id, run })) },
      watch: { load: async () => new Map(), forget: async () => undefined },
    } as never,
    calendar: createCalendar(),
    settings: createFakeSettings({ maintenance: of.works ?? [] }),
    clock: { now: () => now },
  });
}
const place = { account: '', region: '' };
const ask = (operation: string, more: object = {}) => ({
  incident: { key: `instance:${web.id}`, startedAt: now - 60_000 },
  operation,
  place,
  ...more,
});

describe('the last look before acting without a person', () => {
  const frozen = health({ instance: 'impaired' });
  const host = health({ system: 'impaired' });
  it.each<[string, Parameters<typeof guard>[0], ReturnType<typeof ask>, RegExp | undefined]>([
    ['allows what the diagnosis proposes', { health: frozen }, ask('restart', { rule: rule('reboot') }), undefined],
    ['refuses once the checks are fine', {}, ask('restart'), /is over/],
    ['refuses while a run works on it', { health: frozen, held: ['r-1'] }, ask('restart'), /Run r-1/],
    ['but not for its own run', { health: frozen, held: ['r-1'] }, ask('restart', { run: 'r-1' }), undefined],
    [
      'refuses while people work on it',
      { health: frozen, works: [{ kind: 'once', name: 'move', sites: [], select: 'role=web', from: 0, to: now + 1 }] },
      ask('restart'),
      /in maintenance/,
    ],
    ['refuses a person as well once the checks are fine', {}, ask('restart', { chosen: true }), /is over/],
    [
      'leaves a person the choice among remedies',
      { health: host, held: ['r-1'] },
      ask('restart', { chosen: true }),
      undefined,
    ],
    [
      'and what to do while the checks say nothing',
      { health: health({ instance: 'insufficient-data' }) },
      ask('restart', { chosen: true }),
      undefined,
    ],
    [
      'says nothing of a message about several servers that a person acts on',
      {},
      ask('restart', { chosen: true, incident: { key: 'servers:zone us-east-1a', startedAt: 0 } }),
      undefined,
    ],
    ['refuses a server that is gone', { instance: undefined }, ask('restart'), /gone/],
    [
      'refuses a server that left the rule',
      { health: frozen },
      ask('restart', { rule: rule('reboot', 'role=db') }),
      /no longer about/,
    ],
    ['leaves a broken host to AWS first', { health: host }, ask('migrate'), /another remedy/],
    [
      'moves it when AWS had its time',
      { health: host },
      ask('migrate', { incident: { key: `instance:${web.id}`, startedAt: 0 } }),
      undefined,
    ],
    [
      'never reboots for a broken host',
      { health: host },
      ask('restart', { incident: { key: `instance:${web.id}`, startedAt: 0 } }),
      /another remedy/,
    ],
    [
      'never stops a member of a group',
      { health: host, instance: { ...web, autoScalingGroup: 'web' } },
      ask('migrate', { incident: { key: `instance:${web.id}`, startedAt: 0 } }),
      /another remedy/,
    ],
    [
      'starts no server that a person stopped',
      { instance: { ...web, state: 'stopped', stateReason: 'Client.UserInitiatedShutdown' } },
      ask('start'),
      /is over/,
    ],
    [
      'starts one that stopped itself',
      { instance: { ...web, state: 'stopped', stateReason: 'Client.InstanceInitiatedShutdown' } },
      ask('start'),
      undefined,
    ],
    [
      'does a planned event',
      { health: health({ events: [event] as never }) },
      ask('event', { incident: { key: `event:${web.id}`, startedAt: 0 } }),
      undefined,
    ],
    [
      'but no event that is done',
      { health: health({ events: [{ ...event, completed: true }] as never }) },
      ask('event', { incident: { key: `event:${web.id}`, startedAt: 0 } }),
      /is over/,
    ],
    [
      'touches nothing for several servers',
      {},
      ask('restart', { incident: { key: 'servers:zone', startedAt: 0 } }),
      /no single server/,
    ],
  ])('%s', async (_what, world, intent, expected) => {
    const why = await guard(world)(intent);
    expect(why ?? '').toMatch(expected ?? /^$/);
  });

  it('does nothing when AWS does not answer', async () => {
    const clouds = { at: () => ({ instances: () => Promise.reject(new Error('away')), health: async () => [] }) };
    const history = { claims: { holders: async () => [] } };
    const look = createServerGuard({ clouds, history, clock: { now: () => now } } as never);
    await expect(look(ask('restart'))).rejects.toThrow('away');
  });
});

describe('the rules on an alert', () => {
  const report = {
    severity: 'critical',
    title: '',
    alert: '',
    facts: [],
    detail: [],
    remedies: [
      { label: 'Reboot', operation: 'restart', line: web.id },
      { label: 'Restore…', operation: 'restore', line: web.id },
    ],
  } as const;
  it('stand on the remedies that they allow, for their servers alone', () => {
    expect(withRules(report, web, [rule('migrate'), rule('reboot')]).remedies.map(({ rule }) => rule)).toEqual([
      'server:rule-reboot',
      undefined,
    ]);
    expect(withRules(report, web, [rule('reboot', 'role=db')])).toBe(report);
    const asking = { ...report, remedies: [{ ...report.remedies[0], asks: true }] };
    expect(withRules(asking, web, [rule('reboot')])).toEqual(asking);
  });
});
