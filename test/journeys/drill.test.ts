import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import type { Shown } from './sandbox.ts';

let bot: Bot;
beforeAll(async () => {
  bot = await startBot();
});
afterAll(() => bot.stop());

/** Disks of drills that people asked for and that are still there; the clock may have begun another meanwhile. */
const left = async () =>
  (await bot.ec2()).volumes.filter(
    ({ tags, state }) =>
      tags['deckhand:drill-of'] !== undefined &&
      tags['deckhand:requested-by'] !== 'deckhand' &&
      // What is being deleted shows for a few seconds more.
      state !== 'deleting',
  );

async function ask(line: string): Promise<Shown> {
  await bot.command('requester', 'ops', line);
  return bot.see(
    'ops',
    ({ text, buttons }) => /Restore drill/.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
  );
}

describe('a restore drill', () => {
  it('restores the last snapshots beside the fleet, deletes the disks, and is shown in the status', async () => {
    const before = await bot.server('db-1');
    const card = await ask('/deck drill db-1');
    expect(card.plain).toMatch(/No server of the fleet is touched/);
    await bot.press('requester', card, 'confirm');

    const done = await bot.turn(card, /done: Restore drill: (\d+) of \1 volumes? could be restored/, 60_000);

    expect(done.plain).toMatch(/ok in/);
    await expect.poll(left, { timeout: 15_000 }).toEqual([]);
    expect((await bot.server('db-1')).mappings).toEqual(before.mappings);
    await expect.poll(async () => (await bot.ec2()).invariants, { timeout: 15_000 }).toEqual([]);
    await bot.command('requester', 'ops', '/fleet db-1');
    await bot.read('ops', /drill .* ago: restored in/);
  });

  it('leaves nothing behind when the process dies in the middle', { timeout: 120_000 }, async () => {
    const before = (await bot.ec2()).calls.byAction['CreateVolume'] ?? 0;
    const card = await ask('/deck drill db-2');
    await bot.faults({ ec2: { inject: { action: 'CreateVolume', times: 1, hangMs: 60_000, afterWork: true } } });
    await bot.press('requester', card, 'confirm');
    await bot.until(async () => ((await bot.ec2()).calls.byAction['CreateVolume'] ?? 0) > before, 'the call');

    await bot.crash(async () => void (await bot.faults({ ec2: { clear: true } })));

    await bot.turn(card, /done: Restore drill: (\d+) of \1 volumes? could be restored/, 60_000);
    await expect.poll(left, { timeout: 15_000 }).toEqual([]);
    await expect.poll(async () => (await bot.ec2()).invariants, { timeout: 15_000 }).toEqual([]);
  });

  it('by the clock that fails is an incident, which the next good one ends', { timeout: 120_000 }, async () => {
    const message = 'There is no capacity';
    const inject = { action: 'CreateVolume', code: 'VolumeLimitExceeded', status: 400, message, times: 10_000 };
    await bot.faults({ ec2: { inject } });
    bot.configure('drills', `  - { name: often, cron: '*/5 * * * * *', select: web-1, most: 1, quiet: true }`);

    const told = await bot.read('alerts', /WARNING: Drill often failed in part/, 60_000);

    expect(told.plain).toMatch(/COULD NOT BE RESTORED/);
    await bot.faults({ ec2: { clear: true } });
    await bot.turn(told, /Drill often is well again/, 60_000);
    bot.configure('drills', `  - { name: often, cron: '0 0 3 1 1 *', select: web-1 }`);
  });

  it('looks at the data from a throw-away server, and refuses one of production', { timeout: 120_000 }, async () => {
    const { id: production } = await bot.server('db-1');
    const target = (await bot.ec2()).instances.find(
      ({ tags, state }) => tags['env'] === 'staging' && state === 'running',
    )!;
    bot.configure(
      'drills',
      `  - { name: deep, cron: '0 3 1 1 *', select: web-2, target: ${target.id} }\n  - { name: wrong, cron: '0 3 1 1 *', select: web-2, target: ${production} }`,
    );
    await bot.until(async () => {
      await bot.command('requester', 'ops', '/deck drill --name wrong');
      return (await bot.messages('ops')).some(({ plain }) => /carries the tags of production/.test(plain));
    }, 'the refusal');

    const card = await ask('/deck drill --name deep');
    expect(card.plain).toContain(target.name);
    await bot.press('requester', card, 'confirm');

    await bot.turn(card, /done: Restore drill: (\d+) of \1 volumes? could be restored/, 60_000);
    await expect.poll(left, { timeout: 15_000 }).toEqual([]);
    expect((await bot.server(target.id)).mappings).toEqual(target.mappings);
  });
});
