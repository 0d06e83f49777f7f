import { describe, expect, it } from 'vitest';

import type { Asking } from '#operations/contract.ts';
import { eventOperation } from '#operations/event/operation.ts';
import { migrateOperation } from '#operations/migrate/operation.ts';
import type { Cloud, Instance } from '#ports/cloud.ts';
import { anInstance } from '#test/support/builders.ts';

const web = anInstance({});
const event = { id: 'e-1', code: 'instance-retirement', description: '', notBefore: 0, deadline: 0, completed: false };

/** What is found right before the work, after people were asked. */
function found(change: Partial<Instance>, { isProtected = false } = {}): Asking {
  const cloud = {
    instances: async () => [{ ...web, ...change }],
    health: async () => [
      { instanceId: web.id, state: 'running', system: 'ok', instance: 'ok', ebs: 'ok', events: [event] },
    ],
    stopProtection: async () => isProtected,
  } as unknown as Cloud;
  return { cloud } as Asking;
}
const server = { id: web.id, name: web.name } as never;

describe.each([
  ['a move', (asking: Asking) => migrateOperation.check(asking, { servers: [server] })],
  [
    'an event that is done by a move',
    (asking: Asking) => eventOperation.check(asking, { server, event, how: { kind: 'move' } }),
  ],
])('the last look before %s', (_what, check) => {
  it('lets a server go that can be stopped', async () => {
    expect(await check(found({}))).toEqual([]);
  });

  it('stops when the server has joined an Auto Scaling group meanwhile', async () => {
    await expect(check(found({ autoScalingGroup: 'web-prod' }))).rejects.toThrow(/web-prod.*deck replace/s);
  });

  it('stops when the server is protected meanwhile', async () => {
    await expect(check(found({}, { isProtected: true }))).rejects.toThrow(/protected from being stopped/);
  });

  it('stops when the server no longer runs', async () => {
    expect((await check(found({ state: 'stopped' }))).join()).toMatch(/is stopped/);
  });
});

it('an event is moved to another time whatever the server has joined', async () => {
  const asking = found({ autoScalingGroup: 'web-prod' });
  expect(await eventOperation.check(asking, { server, event, how: { kind: 'later', at: 9 } })).toEqual([]);
});
