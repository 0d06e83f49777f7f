import { checksGo } from '#lib/check-figures.ts';
import { count, duration } from '#lib/format.ts';
import type { CheckFigures, ManagedSite, SiteFields, SiteView } from '#ports/managed-sites.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Line, Message, Piece, Section } from '#ports/text.ts';
import type { VantagePoint } from '#ports/vantage.ts';
import type { ProbeResult } from '#ports/web.ts';

import type { SitePlan } from './plan.ts';
import type { Suggestion } from './suggest.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ name, before, after }: SitePlan): Words {
  const title =
    after === null ? `Stop watching ${name}` : before === null ? `Watch the site ${name}` : `Change the site ${name}`;
  const what =
    after === null
      ? 'It is checked no more, and an open alert of it is closed. What was recorded of it stays until its time is over.'
      : 'Takes effect within seconds, without a restart. Fields that are not named follow `sitesDefaults` of deckhand.yml.';
  return {
    title,
    summary: title,
    sections: [
      { kind: 'list', items: difference(before ?? {}, after ?? {}) },
      { kind: 'note', line: what },
    ],
  };
}

export function changed({ name, before, after }: SitePlan): Words {
  const title =
    after === null ? `${name} is watched no more` : before === null ? `${name} is watched` : `${name} was changed`;
  const next: Line =
    after === null
      ? 'Its place is free: the name can be used again.'
      : ['How it is: ', { code: '/deck sites' }, '. At once: ', { code: `/deck sites test ${name}` }, '.'];
  return {
    title,
    summary: title,
    sections: [
      { kind: 'list', items: difference(before ?? {}, after ?? {}) },
      { kind: 'note', line: next },
    ],
  };
}

/** One line per field that differs, as it would stand in deckhand.yml. */
function difference(before: SiteFields, after: SiteFields): Line[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((field): Line[] => {
    const [old, now] = [written(before[field]), written(after[field])];
    if (old === now) return [];
    if (now === undefined) return [['- ', { code: `${field}: ${old}` }]];
    if (old === undefined) return [['+ ', { code: `${field}: ${now}` }]];
    return [['~ ', { code: `${field}: ${now}` }, ' (was ', { code: old }, ')']];
  });
}

function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const perPage = 20;

/** Those that are not up first. */
export function listed(of: {
  views: readonly SiteView[];
  managed: readonly ManagedSite[];
  filter: string | undefined;
  page: number;
  vantage: readonly VantagePoint[];
  checks: CheckFigures | undefined;
}): Message {
  const known = new Map(of.managed.map((site) => [`${site.from === 'shadowed'} ${site.name}`, site]));
  const fits = ({ name, state, url }: SiteView) =>
    of.filter === undefined || state === of.filter || name.includes(of.filter) || url.includes(of.filter);
  const views = of.views.filter(fits).toSorted((a, b) => rank(a.state) - rank(b.state) || byName(a, b));
  const asleep = of.managed.filter(({ from, site }) => from === 'shadowed' || site === undefined);
  const notUp = views.filter(({ state }) => rank(state) === 0).length;
  const shown = views.slice(of.page * perPage, (of.page + 1) * perPage);
  return {
    alert: `${count(views.length, 'site')}, ${notUp} not up`,
    title: of.filter === undefined ? 'Sites' : `Sites: ${of.filter}`,
    sections: [
      ...(views.length === 0 ? [] : [{ kind: 'text', lines: [summaryOf(views)] } as const]),
      { kind: 'list', items: views.length === 0 ? [nothing(of.filter)] : shown.map((view) => lineOf(view, known)) },
      ...(asleep.length === 0 || of.page > 0
        ? []
        : [{ kind: 'list', items: asleep.slice(0, 10).map(unwatched) } as const]),
      ...(of.vantage.length === 0
        ? []
        : [{ kind: 'note', line: ['Confirmed from: ', ...of.vantage.flatMap(placeOf)] } as const]),
      ...(of.views.length === 0 ? [] : [{ kind: 'note', line: checksGo(of.views.length, of.checks) } as const]),
      {
        kind: 'note',
        line: [
          'Add: ',
          { code: '/deck sites add' },
          ' · find some: ',
          { code: '/deck sites discover' },
          ' · stop for a while: ',
          { code: '/deck sites pause NAME 2h' },
        ],
      },
    ],
    buttons: [
      ...(of.page > 0 ? [{ verb: 'previous', label: 'Back' } as const] : []),
      ...(views.length > (of.page + 1) * perPage ? [{ verb: 'next', label: 'More' } as const] : []),
      { verb: 'refresh', label: 'Refresh' },
    ],
  };
}

function placeOf({ name, here, seenAt }: VantagePoint, nr: number): readonly Piece[] {
  const comma = nr === 0 ? '' : ' · ';
  if (here) return [`${comma}${name}, connected`];
  if (seenAt === undefined) return [`${comma}${name}, not seen since Deckhand started`];
  return [`${comma}${name}, missing since `, { at: seenAt, style: 'datetime' }];
}

function nothing(filter: string | undefined): Line {
  return filter === undefined
    ? ['No site is watched. Add one: ', { code: '/deck sites add shop https://shop.example.com' }]
    : ['No site is like that. All of them: ', { code: '/deck sites' }];
}

/** `51 sites: 3 down, 48 up`, in the order of the list. */
function summaryOf(views: readonly SiteView[]): Line {
  const states = [...Map.groupBy(views, ({ state }) => state)].map(([state, of]) => `${of.length} ${state}`);
  const said: Line = [{ bold: `${count(views.length, 'site')}: ${states.join(', ')}` }];
  return views.some(({ state }) => state === 'blind')
    ? [...said, '. Deckhand reaches nothing else either, so it judges none of them; its alert says what to look at.']
    : said;
}

function byName(a: SiteView, b: SiteView): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

/** What wants attention, then what is not watched now, then the rest. */
function rank(state: string): number {
  if (state === 'up') return 2;
  if (state === 'blind') return 1;
  return state === 'paused' || state === 'maintenance' || state === 'not checked yet' ? 1 : 0;
}

function lineOf(view: SiteView, known: ReadonlyMap<string, ManagedSite>): Line {
  const site = known.get(`false ${view.name}`);
  const emoji = ['red_circle', 'white_circle', 'large_green_circle'][rank(view.state)]!;
  const until = site?.pause?.until;
  return [
    { emoji },
    ' ',
    { bold: view.name },
    ` ${view.state}`,
    ...(view.since === undefined ? [] : [' since ', { at: view.since, style: 'datetime' } as const]),
    ...(until === undefined ? [] : [' until ', { at: until, style: 'datetime' } as const]),
    `${view.remark === undefined ? '' : ` · ${view.remark}`}${view.lastMs === undefined ? '' : ` · ${Math.round(view.lastMs)} ms`} · ${view.url}`,
    ...(site?.from === 'chat' ? [' · added here'] : []),
  ];
}

function unwatched({ name, from, faults }: ManagedSite): Line {
  const why =
    from === 'shadowed'
      ? 'was added here, but deckhand.yml has one of the same name, which counts'
      : `is stored, but cannot be watched: ${faults.map(({ field, message }) => `${field}: ${message}`).join(' ')}`;
  return [{ emoji: 'warning' }, ' ', { bold: name }, ` ${why} Remove it: `, { code: `/deck sites remove ${name}` }];
}

/** What one look found. */
export function tested(site: Pick<Site, 'name' | 'url' | 'slowMs'>, result: ProbeResult, address: string): Message {
  const { failure, phases, status, certificate, staleDns } = result;
  const slow = failure === undefined && site.slowMs !== undefined && phases.totalMs > site.slowMs;
  const failed = failure?.class === 'setup' ? 'cannot be checked' : 'would count as down';
  const verdict = failure === undefined ? (slow ? 'answers, but slower than it should' : 'is up') : failed;
  return {
    alert: `${site.name} ${verdict}`,
    title: `${site.name} ${verdict}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ['Address', address],
          ...(failure === undefined ? [] : [['Cause', `${failure.detail} (${failure.class})`] as const]),
          ...(status === undefined ? [] : [['Status', `HTTP ${status}`] as const]),
          ...(phases.totalMs < 0.5 ? [] : [['Time spent', timesOf(phases)] as const]),
          ...(staleDns === undefined ? [] : [['Name', 'the DNS did not answer; its last answer was used'] as const]),
          ...(certificate === undefined
            ? []
            : [['Certificate ends', { at: certificate.validTo, style: 'datetime' } as const] as const]),
        ],
      },
      { kind: 'note', line: 'One look, made now. It changed nothing: it counts neither for nor against the site.' },
    ],
    buttons: [{ verb: 'refresh', label: 'Test again' }],
  };
}

function timesOf(of: ProbeResult['phases']): string {
  return `name ${ms(of.dnsMs)} · connect ${ms(of.connectMs)} · TLS ${ms(of.tlsMs)} · first byte ${ms(of.firstByteMs)} · rest ${ms(of.downloadMs)} · all ${ms(of.totalMs)}`;
}

function ms(of: number): string {
  return `${Math.round(of)} ms`;
}

export type BreakKind = 'pause' | 'silence' | 'maintenance';
export type BreakPlan = {
  kind: BreakKind;
  names: readonly string[];
  forMs: number | null;
  end: boolean;
  reason: string | null;
};

const doing = {
  pause: ['Pause', 'Resume', 'Not checked at all; an open alert is closed.', 'Checked again from now on.'],
  silence: [
    'Silence',
    'End the silence of',
    'Checks go on. Nothing new is told; an open alert goes on being edited, and notifies nobody.',
    'What is wrong by then is told.',
  ],
  maintenance: [
    'Maintenance of',
    'End the maintenance of',
    'Checks go on, nothing is told; afterwards only what differs from before.',
    'Only what differs from before is told.',
  ],
} as const satisfies Record<BreakKind, readonly [string, string, string, string]>;

export function breakPlanned({ kind, names, forMs, end, reason }: BreakPlan): Words {
  const [begins, ends, meaning, after] = doing[kind];
  const time = end ? '' : forMs === null ? ' until it is resumed' : ` for ${duration(forMs)}`;
  const title = `${end ? ends : begins} ${names.length > 3 ? `${names.length} sites` : names.join(', ')}${time}`;
  return {
    title,
    summary: title,
    sections: [
      ...(names.length > 3 ? [{ kind: 'text', lines: [names.join(', ')] } as const] : []),
      ...(reason === null ? [] : [{ kind: 'facts', facts: [['Reason', reason]] } as const]),
      { kind: 'note', line: end ? after : meaning },
    ],
  };
}

/** Lines that are ready to be typed. */
export function discovered(
  found: readonly Suggestion[],
  of: { blind: readonly { where: string; why: string }[]; page: number; tag: string },
): Message {
  const most = 10;
  const shown = found.slice(of.page * most, (of.page + 1) * most);
  const none: Line = [
    'Nothing that is not watched already. A server can name its address in the tag ',
    { code: of.tag },
    '.',
  ];
  return {
    alert: `${found.length} sites that are not watched`,
    title: 'Sites that are not watched',
    sections: [
      {
        kind: 'list',
        items: shown.length === 0 ? [none] : shown.map(({ line, because }): Line => [{ code: line }, ` · ${because}`]),
      },
      ...(of.blind.length === 0
        ? []
        : [
            {
              kind: 'list',
              items: of.blind.map(({ where, why }): Line => `${where} could not be read: ${why}`),
            } as const,
          ]),
      { kind: 'note', line: 'Nothing was added. Copy a line to add its site.' },
    ],
    buttons: [
      ...(of.page > 0 ? [{ verb: 'previous', label: 'Back' } as const] : []),
      ...(found.length > (of.page + 1) * most ? [{ verb: 'next', label: 'More' } as const] : []),
      { verb: 'refresh', label: 'Refresh' },
    ],
  };
}
