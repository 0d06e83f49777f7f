import { checksGo } from '#lib/check-figures.ts';
import { count } from '#lib/format.ts';
import type { CheckFigures, ManagedSite, SiteView } from '#ports/managed-sites.ts';
import type { Line, Message, Piece } from '#ports/text.ts';
import type { VantagePoint } from '#ports/vantage.ts';

const perPage = 20;

/** What can be typed after `sites`, for those who mistype it. */
export const verbs = 'add, edit, remove, pause, resume, silence, maintenance, test, history, discover';

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
  const notUp = views.filter(({ state }) => rank(state) < 2).length;
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
    : ['No site is like that. All of them: ', { code: '/deck sites' }, ` · or say what to do: ${verbs}.`];
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

/** What is down, then what else wants attention, then what is not watched now, then the rest. */
const colours = ['red_circle', 'large_yellow_circle', 'white_circle', 'large_green_circle'] as const;

function rank(state: string): 0 | 1 | 2 | 3 {
  switch (state) {
    case 'down':
    case 'recovering':
      return 0;
    case 'paused':
    case 'maintenance':
    case 'blind':
    case 'not checked yet':
      return 2;
    case 'up':
      return 3;
    default:
      return 1; // suspect, degraded, intermittent, cannot be checked, not checked lately
  }
}

function lineOf(view: SiteView, known: ReadonlyMap<string, ManagedSite>): Line {
  const site = known.get(`false ${view.name}`);
  const emoji = colours[rank(view.state)];
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
      ? 'was added here, but deckhand.yml has one of the same name, which counts.'
      : `is stored, but cannot be watched: ${faults.map(({ field, message }) => `${field}: ${message}`).join(' ')}`;
  return [{ emoji: 'warning' }, ' ', { bold: name }, ` ${why} Remove it: `, { code: `/deck sites remove ${name}` }];
}
