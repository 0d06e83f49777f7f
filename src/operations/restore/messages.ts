import { count, duration, label, some } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import { sentence, type Warning } from './finding.ts';
import type { RestorePlan } from './plan.ts';
import type { ServerPlan, Swap } from './server-plan.ts';
import { predictedSections } from './terraform-messages.ts';

export type Words = { title: string; summary: string; sections: readonly Section[] };

/** Servers named on a card; the rest is counted. */
export const mostNamed = 10;

/** What will happen, what it costs, how it is undone. */
export function planned(plan: RestorePlan, asking: { now: number }): Words {
  const verb = plan.putsBack ? 'Undo the restore of' : 'Restore';
  const { title, what } = subject(plan.servers);
  const [only] = plan.servers;
  return {
    title: `${verb} ${title}`,
    summary: `${verb} ${what}`,
    sections: [
      plan.servers.length === 1 ? serverFacts(only!, asking.now) : fleetFacts(plan, asking.now),
      ...leftOut(plan),
      { kind: 'text', lines: [...warningLines(plan.findings), ...consequences(plan)] },
      ...predictedSections(plan.terraform),
      { kind: 'note', line: estimateLine(plan) },
    ],
  };
}

type Named = { swaps: readonly unknown[] } & (
  | { id: string; name: string }
  | { instance: { id: string; name: string } }
);

export function subject(servers: readonly Named[]): { title: string; what: string } {
  const swaps = servers.reduce((sum, server) => sum + server.swaps.length, 0);
  const title = servers.length === 1 ? label(nameOf(servers[0]!)) : count(servers.length, 'server');
  return { title, what: `${count(swaps, 'volume')} of ${title}` };
}

function nameOf(server: Named): { id: string; name: string } {
  return 'instance' in server ? server.instance : server;
}

function serverFacts(server: ServerPlan, now: number): Section {
  return {
    kind: 'facts',
    facts: [['Server', serverLine(server)], ...server.swaps.map((swap) => [swap.device, swapLine(swap, now)] as const)],
  };
}

function fleetFacts({ servers, failures, atOnce, filling }: RestorePlan, now: number): Section {
  const swaps = servers.flatMap((server) => server.swaps);
  const taken = swaps.flatMap(({ put }) => (put.kind === 'create' ? [put.takenAt] : []));
  const sizeGiB = swaps.reduce((sum, { put }) => sum + (put.kind === 'create' ? put.volume.sizeGiB : 0), 0);
  const inPlace = servers.filter(({ method }) => method === 'root-task').length;
  const facts: (readonly [string, Line])[] = [
    [
      'Servers',
      some(
        servers.map(({ instance }) => label(instance)),
        mostNamed,
      ),
    ],
    [
      'Volumes',
      `${swaps.length}${sizeGiB > 0 ? `, ${sizeGiB} GiB of new ones; the old ones stay, so storage doubles meanwhile` : ''}`,
    ],
    ...(taken.length === 0 ? [] : [['Data of', ages(taken, now)] as const]),
    ...(inPlace === 0
      ? []
      : [['In place', `${count(inPlace, 'root volume')} replaced by AWS with a reboot, without a stop`] as const]),
    ['If some fail', `each is put back by itself; after more than ${failures} no further server is touched`],
    ...(atOnce < servers.length ? [['At once', `at most ${count(atOnce, 'server')}`] as const] : []),
    ...(filling === undefined
      ? []
      : [
          ['Filling', `${filling.rate} MiB/s for each new volume, at most ${filling.quota} together (billed)`] as const,
        ]),
  ];
  return { kind: 'facts', facts };
}

function ages(taken: readonly number[], now: number): Line {
  const [oldest, newest] = [Math.min(...taken), Math.max(...taken)];
  const when: Line = [{ at: newest, style: 'datetime' }, ` (${duration(now - newest)} ago)`];
  return oldest === newest
    ? when
    : ['between ', { at: oldest, style: 'datetime' }, ` (${duration(now - oldest)} ago) and `, ...when];
}

function serverLine({ instance, wasRunning }: ServerPlan): Line {
  const where = [instance.zone, instance.env === '' ? '' : `env ${instance.env}`, wasRunning ? 'running' : 'stopped'];
  return [{ bold: label(instance) }, ` · ${where.filter((part) => part !== '').join(' · ')}`];
}

function swapLine(swap: Swap, now: number): Line {
  const old: Line = [{ code: swap.out }, ...(swap.outName === '' ? [] : [` (${swap.outName})`])];
  if (swap.put.kind === 'existing') return [...old, ' is replaced by the earlier ', { code: swap.put.volumeId }];
  const { volume, snapshotId, takenAt } = swap.put;
  return [
    ...old,
    ' is replaced by a new volume from ',
    { code: snapshotId },
    ', taken ',
    { at: takenAt, style: 'datetime' },
    ` (${duration(now - takenAt)} ago). ${spec(volume)}`,
  ];
}

function spec(volume: {
  type: string;
  sizeGiB: number;
  iops?: number;
  throughput?: number;
  encrypted: boolean;
}): string {
  const parts = [
    `${volume.sizeGiB} GiB ${volume.type}`,
    volume.iops === undefined ? '' : `${volume.iops} IOPS`,
    volume.throughput === undefined ? '' : `${volume.throughput} MiB/s`,
    volume.encrypted ? 'encrypted' : 'not encrypted',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}, as now.`;
}

/** Named by the selector and yet untouched: said before anybody approves. */
function leftOut({ left }: RestorePlan): Section[] {
  if (left.length === 0) return [];
  const shown = left
    .slice(0, 5)
    .map(({ label: name, why }): Line => (why.startsWith(name) ? why : [{ bold: name }, `: ${why}`]));
  const more = left.length > 5 ? [`And ${left.length - 5} more.`] : [];
  return [
    { kind: 'text', lines: [[{ bold: `Left as they are: ${count(left.length, 'server')}.` }]] },
    { kind: 'list', items: [...shown, ...more] },
  ];
}

/** The same warning of many servers is one line with a count. */
function warningLines(warnings: readonly Warning[]): Line[] {
  return warnings.map((one): Line =>
    one.about.length === 1
      ? sentence(one)
      : [{ bold: `${one.title}: ${count(one.about.length, 'server')}` }, ` (${some(one.about, 3)}). ${one.next}`],
  );
}

function consequences({ putsBack, servers }: RestorePlan): Line[] {
  const one = servers.flatMap(({ swaps }) => swaps).length === 1;
  const lost = putsBack
    ? `What was written since the restore is no longer on the server; the restored ${one ? 'volume is' : 'volumes are'} kept, detached.`
    : `What was written after the snapshot is no longer on the server; the old ${one ? 'volume is' : 'volumes are'} kept, detached, and an Undo button brings ${one ? 'it' : 'them'} back.`;
  const slow = putsBack
    ? []
    : ['A restored volume is slow at first, until its blocks have come from S3. Both volumes are billed meanwhile.'];
  return [lost, ...slow];
}

function estimateLine({ estimate, servers }: RestorePlan): Line {
  return servers.length === 1
    ? `Takes about ${duration(estimate.ms)}.`
    : `Takes about ${duration(estimate.ms)}; what rules it: ${estimate.rule}.`;
}
