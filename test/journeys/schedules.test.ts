import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import type { Ec2, Shown } from './sandbox.ts';

let bot: Bot;
beforeAll(async () => {
  bot = await startBot();
});
afterAll(() => bot.stop());

/** Daily at that instant, to the second. */
function lineAt(at: number): string {
  const date = new Date(at);
  return `${date.getUTCSeconds()} ${date.getUTCMinutes()} ${date.getUTCHours()} * * *`;
}
/** Once a year, in the middle of nowhere; with seconds, so that everything is looked at every second. */
const never = '0 0 3 1 1 *';
const inFuture = (ms: number) => Date.now() + ms;
const taken = async (schedule: string) =>
  (await bot.ec2()).snapshots.filter(({ tags }) => tags['deckhand:schedule'] === schedule);
/** The messages themselves, not what stands in their threads. */
const isRoot = ({ ts, thread_ts }: Shown) => thread_ts === undefined || thread_ts === ts;
const root = (pattern: RegExp) =>
  bot.see('alerts', (shown) => isRoot(shown) && (pattern.test(shown.text) || pattern.test(shown.plain)), 40_000);
/** Answers stand in the channel as messages that only one person sees. */
async function schedules(pattern: RegExp) {
  return bot.until(async () => {
    await bot.command('requester', 'ops', '/deck schedules');
    const shown = (await bot.messages('ops')).findLast(
      ({ ephemeral, text }) => ephemeral === true && /schedule/.test(text),
    );
    return shown !== undefined && pattern.test(shown.plain) ? shown : undefined;
  }, `/deck schedules saying ${pattern}`);
}

describe('a snapshot schedule', () => {
  it('runs by the clock, without anybody, and says so', async () => {
    bot.configure('schedules', `  - { name: often, cron: '*/4 * * * * *', select: web-1, catchUp: 1s }`);

    const card = await root(/done: \d+ snapshots? of web-1 .*completed/);

    bot.configure('schedules', `  - { name: often, cron: '${never}', select: web-1 }`);
    expect(card.plain).toContain('Deckhand (schedule often)');
    const run = /r-[0-9a-z]{10}/.exec(card.plain)![0];
    const snapshots = (await taken('often')).filter(({ tags }) => tags['deckhand:job'] === run);
    expect(snapshots).toHaveLength((await bot.server('web-1')).mappings.length);
    expect(snapshots[0]?.tags).toMatchObject({ 'deckhand:requested-by': 'deckhand' });
    const shown = await schedules(/Last run.*done/s);
    expect(shown.plain).toMatch(/Takes.*web-1/);
    expect(shown.plain).toMatch(/Thu|Fri|Sat|Sun|Mon|Tue|Wed/);
  });

  it('that is quiet says nothing while all is well, and one thing when it is not', { timeout: 120_000 }, async () => {
    const at = inFuture(8_000);
    bot.configure('schedules', `  - { name: silent, cron: '${lineAt(at)}', select: web-2, quiet: true }`);
    await bot.until(
      async () =>
        (await taken('silent')).every(({ state }) => state === 'completed') && (await taken('silent')).length > 0,
      'the snapshots',
      40_000,
    );
    await schedules(/silent[^]*done/);
    expect((await bot.messages('alerts')).filter(({ plain }) => plain.includes('schedule silent'))).toEqual([]);

    bot.configure('schedules', `  - { name: silent, cron: '*/3 * * * * *', select: no-such-server, quiet: true }`);

    const told = await root(/WARNING: Schedule silent could not start/);
    expect(told.plain).toMatch(/No server is named/);
    await bot.until(
      async () =>
        (await bot.messages('alerts')).filter((shown) => isRoot(shown) && /schedule silent/i.test(shown.text))
          .length === 1,
      'one message',
    );

    bot.configure('schedules', `  - { name: silent, cron: '*/3 * * * * *', select: web-2, quiet: true }`);
    await bot.turn(told, /Schedule silent is well again/, 40_000);
    bot.configure('schedules', `  - { name: often, cron: '${never}', select: web-1 }`);
  });

  it('that was missed while the process was down is made up for, once', { timeout: 120_000 }, async () => {
    const at = inFuture(12_000);
    bot.configure('schedules', `  - { name: missed, cron: '${lineAt(at)}', select: web-3 }`);
    await schedules(/missed[^]*none yet/);

    await bot.crash(() => new Promise((resolve) => setTimeout(resolve, Math.max(0, at + 3_000 - Date.now()))));

    await root(/done: \d+ snapshots? of web-3 .*completed/);
    await bot.crash();
    await schedules(/missed[^]*done/);
    expect(new Set((await taken('missed')).map(({ tags }) => tags['deckhand:job'])).size).toBe(1);
  });

  it('keeps of its own snapshots what its retention says, and touches no others', { timeout: 120_000 }, async () => {
    const others = (await bot.ec2()).snapshots
      .filter(({ tags }) => tags['deckhand:schedule'] !== 'kept')
      .map(({ id }) => id);
    bot.configure(
      'schedules',
      `  - { name: kept, cron: '*/5 * * * * *', select: web-1, quiet: true, retention: { keep: 1 } }`,
    );
    const runs = new Set<string>();
    await bot.until(
      async () => {
        for (const { tags } of await taken('kept')) runs.add(tags['deckhand:job']!);
        return runs.size >= 3;
      },
      'three runs',
      60_000,
    );
    bot.configure('schedules', `  - { name: kept, cron: '${never}', select: web-1, retention: { keep: 1 } }`);

    const disks = (await bot.server('web-1')).mappings.length;
    await bot.until(
      async () => (await taken('kept')).filter(({ state }) => state === 'completed').length === disks,
      'the retention',
      60_000,
    );
    expect((await bot.ec2()).snapshots.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
    expect((await bot.messages('alerts')).filter(({ plain }) => /schedule kept/i.test(plain))).toEqual([]);
  });

  it('runs its hooks around the snapshots, post also when pre fails', { timeout: 120_000 }, async () => {
    const { id } = await bot.server('web-3');
    const scripts = async () => {
      const { commands } = (await bot.call('GET', 'aws')).body as unknown as {
        commands: { instanceId: string; lines: string[]; comment: string }[];
      };
      return commands.filter((one) => one.instanceId === id).map(({ lines }) => lines[0]);
    };
    const hooks = 'hooks: { pre: [fsfreeze -f /data], post: [fsfreeze -u /data], timeout: 10s, retries: 0 }';
    bot.configure('schedules', `  - { name: hooked, cron: '${never}', select: web-3, ${hooks} }`);
    await schedules(/hooked/);
    const run = async (state: RegExp) => {
      await bot.command('requester', 'ops', '/snapshot --schedule hooked');
      const card = await bot.see(
        'ops',
        ({ text, buttons }) => /web-3/.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
      );
      await bot.press('requester', card, 'confirm');
      return bot.turn(card, state, 60_000);
    };

    const well = await run(/done: \d+ snapshots? of web-3/);
    expect(await scripts()).toEqual(['fsfreeze -f /data', 'fsfreeze -u /data']);
    expect(well.plain).not.toMatch(/hook failed/);

    await bot.faults({ aws: { script: { match: 'fsfreeze -f', exitCode: 1, errors: 'no such mount', times: 1 } } });
    const crashConsistent = await run(/done: \d+ snapshots? of web-3/);
    expect((await scripts()).slice(2)).toEqual(['fsfreeze -f /data', 'fsfreeze -u /data']);
    expect(crashConsistent.plain).toMatch(/pre hook failed.*no such mount/);
  });

  it('copies its snapshots to another Region, under the same tags', { timeout: 120_000 }, async () => {
    bot.configure(
      'schedules',
      `  - { name: far, cron: '${never}', select: web-1, copy: [{ region: us-west-2, retain: 7d }] }`,
    );
    await schedules(/far/);
    await bot.command('requester', 'ops', '/snapshot --schedule far');
    const card = await bot.see(
      'ops',
      ({ text, buttons }) => /web-1/.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
    );
    expect(card.plain).toMatch(/Afterwards copied to us-west-2/);
    await bot.press('requester', card, 'confirm');
    await bot.turn(card, /done/, 60_000);
    const copies = await bot.until(
      async () => {
        const { snapshots } = (await bot.call('GET', 'ec2?account=123456789012&region=us-west-2'))
          .body as unknown as Ec2;
        const found = snapshots.filter(
          ({ tags, state }) => tags['deckhand:schedule'] === 'far' && state === 'completed',
        );
        return found.length === (await taken('far')).length ? found : undefined;
      },
      'the copies',
      60_000,
    );
    expect(new Set(copies.map(({ tags }) => tags['deckhand:source-volume']))).toEqual(
      new Set((await bot.server('web-1')).mappings.map(({ volumeId }) => volumeId)),
    );
    expect((await bot.messages('alerts')).filter(({ plain }) => /schedule far/.test(plain))).toEqual([]);
  });

  it('can be run now by a person, who confirms it as any snapshot', async () => {
    bot.configure('schedules', `  - { name: nightly, cron: '${never}', select: db-1 }`);
    await schedules(/nightly/);

    await bot.command('requester', 'ops', '/snapshot --schedule nightly');
    const card = await bot.see(
      'ops',
      ({ text, buttons }) => /db-1/.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
    );
    await bot.press('requester', card, 'confirm');

    await bot.turn(card, /done: \d+ snapshots? of db-1/, 40_000);
    expect(await taken('nightly')).not.toEqual([]);
  });
});

describe('a missed backup', () => {
  it('is one message with a button that snapshots what is late, and ends by itself', async () => {
    bot.configure('schedules', `  - { name: strict, cron: '${never}', select: db-2, rpo: 9s }`);

    const alert = await root(/schedule strict have no good snapshot|schedule strict has no good snapshot/);
    expect(alert.plain).toContain('db-2');
    await bot.press('requester', alert, 'remedy-1');
    const card = await bot.see(
      'alerts',
      ({ text, buttons }) => /Snapshot .*db-2/.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
    );
    await bot.press('requester', card, 'confirm');

    await bot.turn(alert, /has a good snapshot again/, 40_000);
  });
});

describe('a digest', () => {
  const digests = async (channel: string) =>
    (await bot.messages(channel)).filter((shown) => isRoot(shown) && shown.text.startsWith('Fleet digest'));
  const drops = { method: 'chat.postMessage', drop: true };
  const dropped = async () => {
    const { slack } = (await bot.faults({ slack: { rate: 1 } })) as { slack: { api: { times: number }[] } };
    return 10_000 - (slack.api[0]?.times ?? 10_000);
  };

  it(
    'comes once for its time though the process dies in the middle, with words for pictures',
    { timeout: 180_000 },
    async () => {
      await bot.faults({ slack: { api: { ...drops, times: 10_000 } } });
      await bot.faults({ slack: { api: { method: 'files.getUploadURLExternal', error: 'missing_scope', times: 50 } } });
      const at = inFuture(6_000);
      bot.configure('digests', `  - { name: all, cron: '${lineAt(at)}' }`);
      await bot.until(async () => Date.now() > at && (await dropped()) > 0, 'a post that fails', 40_000);

      await bot.crash(async () => void (await bot.faults({ slack: { clear: true } })));

      await bot.until(async () => (await digests('alerts')).length > 0, 'the digest', 60_000);
      const [digest] = await digests('alerts');
      expect(digest?.plain).toMatch(/Since .*: .*incident.*Runs: /s);
      expect(digest?.plain).toMatch(/Incidents a day, the last 14 days\./);
      expect(digest?.plain).toMatch(/Required tags in order: billing/);

      // With pictures, each in its channel and about its own servers.
      const line = lineAt(inFuture(6_000));
      bot.configure(
        'digests',
        `  - { name: all, cron: '${never}' }\n  - { name: web, cron: '${line}', channel: C0OPS, select: Name=web-1, sections: [health, chart] }`,
      );
      await bot.until(async () => (await digests('ops')).length > 0, 'the other digest', 40_000);
      const [other] = await digests('ops');
      expect(other?.text).toMatch(/^Fleet digest · Name=web-1: 3 servers .*3 places/);
      expect(other?.plain).not.toMatch(/Required tags|hang on no server/);
      expect(await digests('alerts')).toHaveLength(1);
      expect(await digests('ops')).toHaveLength(1);
    },
  );
});
