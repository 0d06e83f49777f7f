import { join } from 'node:path';

import { count } from '#lib/format.ts';
import { printed, startNode, tempFolder } from '#test/support/processes.ts';

import type { Figure } from './figure.ts';
import type { Bench, Group } from './group.ts';
import { variablesIn } from './rig.ts';
import { startEnvironment, startFlags } from './start.ts';

const instances = 10_000;

type Calls = { total: number; throttled: number; byAction: Record<string, number> };
type Measured = {
  ours: number;
  bare: number;
  wall: number;
  calls: Calls;
  least: Calls;
  open: number;
  storm: number;
  stormMessages: number;
  stormTitle: string;
};

/** A full round of the watch over 10,000 servers and their disks, at the pace of AWS's own buckets. */
const watchRound: Bench = {
  name: 'watch-round-calls-vs-minimum',
  speed: 1,
  run: async ({ speed, tally }) => {
    const folder = tempFolder('bench-health');
    const flags = ['--port', '0', '--instances', String(instances), '--speed', String(speed)];
    const servers = startNode(['src/sandbox/main.ts', '--servers-only', ...flags, '--data-dir', folder.path]);
    try {
      const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/, 120_000);
      const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
      const watcher = startNode([...startFlags, 'bench/health-watcher.ts', url!, join(folder.path, 'watcher')], {
        ...startEnvironment,
        ...variablesIn(line!),
      });
      try {
        const of = JSON.parse((await printed(watcher, /^\{.*\}$/m, 600_000))[0]) as Measured;
        tally.calls += of.calls.total;
        tally.throttled += of.calls.throttled;
        return figuresOf(of, speed);
      } finally {
        await watcher.kill('SIGKILL');
      }
    } finally {
      await servers.kill('SIGTERM');
      folder.remove();
    }
  },
};

function figuresOf(of: Measured, speed: number): readonly Figure[] {
  const seconds = { real: of.wall, simulated: of.wall * speed };
  const against = `${instances} simulated servers`;
  return [
    {
      figure: 'watch-round-calls-vs-minimum',
      value: of.calls.total / of.least.total,
      target: 1.1,
      unit: 'x minimum',
      against: `the pages of the bare SDK, as large as AWS allows, over ${against}`,
      seconds,
      notes: [`calls ${JSON.stringify(of.calls.byAction)}; the least ${JSON.stringify(of.least.byAction)}`],
    },
    {
      figure: 'watch-round-cpu-s',
      value: of.ours - of.bare,
      target: 1,
      unit: 'CPU s on top of the SDK',
      against: `the same pages fetched and parsed by the bare SDK, over ${against}`,
      seconds,
      notes: [
        `a round ${of.ours.toFixed(2)} CPU s, the bare SDK ${of.bare.toFixed(2)} (medians of 7, in turns); the embedded store included, Slack not`,
        `${(of.ours / of.bare).toFixed(2)} x the bare SDK; ${count(of.open, 'message')} open`,
      ],
    },
    {
      figure: 'watch-round-throttled',
      value: (of.calls.throttled / of.calls.total) * 100,
      target: 0,
      unit: '% of calls',
      against: 'EC2 token buckets',
    },
    {
      figure: 'storm-messages',
      value: of.stormMessages,
      target: 1,
      unit: 'messages',
      against: 'every server of one zone impaired at once',
      notes: [`"${of.stormTitle}"; the dearest round of it ${of.storm.toFixed(2)} CPU s`],
    },
  ];
}

/** What it costs to watch servers. */
export const health: Group = { benches: [watchRound] };
