import { asker } from '#lib/asker.ts';
import { checksGo } from '#lib/check-figures.ts';
import { elsewhere } from '#lib/places.ts';
import { outsider } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import type { Place } from '#ports/cloud.ts';
import type { IncidentRecord, Run } from '#ports/history.ts';
import type { UserId } from '#ports/ids.ts';
import type { Report } from '#ports/incidents.ts';
import type { CheckFigures, SiteView } from '#ports/managed-sites.ts';
import type { Line, Section } from '#ports/text.ts';

import { type Stopped, whoStopped } from './automatic-switch.ts';
import type { World } from './world.ts';

type Needs = {
  world: World;
  who: Who;
  sites: () => Promise<readonly SiteView[]>;
  checks: () => CheckFigures | undefined;
};

/** App Home: what waits for people, what runs, what is wrong, what was done. */
export function createHome({ world, who, sites, checks }: Needs) {
  return async function homeOpened(user: UserId): Promise<void> {
    try {
      const known = await who(user);
      const stranger =
        outsider(known.person) ??
        (known.roles.size === 0
          ? 'You have no role in Deckhand yet. Ask an admin to add you in deckhand.yml.'
          : undefined);
      const sections =
        stranger === undefined ? await overview() : [{ kind: 'text', lines: [stranger] } satisfies Section];
      await world.chat.publishHome(user, sections);
    } catch (error) {
      world.log.warn({ user, err: error }, 'the Home tab could not be shown');
    }
  };

  async function overview(): Promise<Section[]> {
    const [waiting, running, incidents, recent, watched, stopped] = await Promise.all([
      world.history.runs.recent({ limit: 10, states: ['waiting'] }),
      world.history.runs.recent({ limit: 10, states: ['running'] }),
      world.history.incidents.list({ limit: 20, state: 'open' }),
      world.history.runs.recent({
        limit: 8,
        states: ['done', 'undone', 'stuck', 'denied', 'expired', 'cancelled', 'changed'],
      }),
      sites(),
      whoStopped(world.history),
    ]);
    const places = world.clouds.places();
    const line = (run: Run) => runLine(run, places);
    const notUp = watched.filter(({ state }) => state !== 'up');
    return [
      ...(stopped === undefined ? [] : [stoppedSection(stopped)]),
      ...part(
        'Wrong now',
        [
          ...incidents.map(incidentLine),
          ...notUp.map((site): Line => [{ bold: site.name }, ` ${site.state} · ${site.url}`]),
        ],
        'Nothing. All watched servers and sites are fine.',
      ),
      ...part('Waiting for people', waiting.map(line), 'Nothing waits.'),
      ...part('Running', running.map(line), 'Nothing runs.'),
      ...part('Lately', recent.map(line), ['Nothing was done yet. Try ', { code: '/deck help' }, '.']),
      {
        kind: 'note',
        line: [`${checksGo(watched.length, checks())} · `, { at: world.clock.now(), style: 'datetime' }],
      },
    ];
  }
}

function stoppedSection({ by, at, why }: Stopped): Section {
  const words = why === '' ? '' : ` (${why})`;
  const line: Line = [
    { emoji: 'double_vertical_bar' },
    ' ',
    { bold: 'Automatic work is paused' },
    ` since `,
    { at, style: 'datetime' },
    ', by ',
    { user: by },
    `${words}. An approver lets it go on with `,
    { code: '/deck resume' },
    '.',
  ];
  return { kind: 'text', lines: [line] };
}

function part(title: string, items: readonly Line[], nothing: Line): Section[] {
  const body: Section = items.length === 0 ? { kind: 'text', lines: [nothing] } : { kind: 'list', items };
  return [{ kind: 'text', lines: [[{ bold: title }]] }, body, { kind: 'divider' }];
}

function runLine({ order, state, summary }: Run, places: readonly Place[]): Line {
  return [
    { code: order.id },
    ` ${state} · ${summary}${elsewhere(order.place, places)} · `,
    asker(order),
    ' ',
    { at: order.requestedAt, style: 'datetime' },
  ];
}

function incidentLine(incident: IncidentRecord): Line {
  const report = incident.report as unknown as Report; // written by the incident book
  return [
    { bold: report.title },
    ' since ',
    { at: incident.startedAt, style: 'datetime' },
    incident.acknowledgedBy === undefined ? '' : ' · taken',
  ];
}
