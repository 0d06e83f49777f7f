import { html, type Html } from './html.ts';
import * as messages from './messages.ts';
import type { PublicDay, PublicIncident, PublicSite, PublicState, PublicWork, StatusPage } from './model.ts';
import { sign, sprite } from './signs.ts';
import { styleElement } from './style.ts';

type Times = ReturnType<typeof messages.createTimes>;

/** Where a machine reads the same; relative, so that the page may stand below any path. */
export const feedPath = 'feed.atom';
export const dataPath = 'status.json';
export const iconPath = 'favicon.svg';

/** The page, whole. No script, no address of anybody else's in it but the links that the settings name. Pure. */
export function pageHtml(page: StatusPage): string {
  const times = messages.createTimes(page.timezone);
  const lasting = page.incidents.filter(({ endedAt }) => endedAt === undefined);
  const { words } = messages;
  const remark = messages.remark(page);
  const bar = createBars();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="description" content="${messages.overall(page)}" />
        <title>${page.title} · ${messages.states[page.state]}</title>
        <link rel="icon" href="${iconPath}" type="image/svg+xml" />
        <link rel="alternate" href="${feedPath}" type="application/atom+xml" title="${page.title}" />
        ${styleElement}
      </head>
      <body>
        ${sprite}
        <header>
          <h1>${page.title}</h1>
          ${page.support !== undefined && html`<a href="${page.support}">${words.support}</a>`}
        </header>
        <main>
          <div class="card overall ${page.state}">
            ${sign(page.state)}
            <div>
              <p class="says">${messages.overall(page)}</p>
              ${remark !== undefined && html`<p class="soft">${remark}</p>`}
              <p class="soft">${words.updated} ${timeOf(page.at, times.at(page.at))}</p>
            </div>
          </div>
          ${lasting.map((one) => lastingView(one, page.at, times))}
          ${
            page.works.length > 0 &&
            html`<section aria-labelledby="works">
              <h2 id="works">${words.works}</h2>
              ${page.works.map((one) => workView(one, page.at, times))}
            </section>`
          }
          ${page.groups.map((group, nr) => groupView(group, nr, bar))} ${page.groups.length > 0 && legend()}
          <section aria-labelledby="past">
            <h2 id="past">${words.past}</h2>
            ${pastView(page, times)}
          </section>
        </main>
        <footer>
          <span>${messages.refreshes(page.everyMs)}</span><a href="?refresh=no">${words.still}</a
          ><a href="${feedPath}">${words.feed}</a><a href="${dataPath}">${words.data}</a>
        </footer>
      </body>
    </html> `.markup;
}

function groupView(
  { name, sites }: StatusPage['groups'][number],
  nr: number,
  bar: ReturnType<typeof createBars>,
): Html {
  return html`<section aria-labelledby="g${nr}">
    <h2 id="g${nr}">${name ?? messages.words.services}</h2>
    <ul class="card rows">
      ${sites.map((site) => siteView(site, bar))}
    </ul>
  </section> `;
}

function siteView(site: PublicSite, bar: ReturnType<typeof createBars>): Html {
  const { name, description, link, state } = site;
  return html`<li>
    <div class="top">
      <h3>${link === undefined ? name : html`<a href="${link}">${name}</a>`}</h3>
      ${stateView(state)}
    </div>
    ${description !== undefined && html`<p class="soft">${description}</p>`}
    <svg
      class="bars"
      viewBox="0 0 ${site.days.length * 4 - 1} 36"
      preserveAspectRatio="none"
      role="img"
      aria-label="${messages.bars(site)}"
    >
      ${site.days.map(bar)}
    </svg>
    <div class="ends soft" aria-hidden="true">
      <span>${messages.ago(site.days.length)}</span><span>${messages.everyDays(site)}</span
      ><span>${messages.words.today}</span>
    </div>
  </li> `;
}

function stateView(state: PublicState): Html {
  return html`<span class="state ${state}">${sign(state)}${messages.states[state]}</span>`;
}

/** Most days of most sites are alike, so each kind of bar is made once a page: 500 sites have 45,000. */
function createBars(): (day: PublicDay, nr: number) => Html {
  const made = new Map<string, Html>();
  return (day, nr) => {
    const key = `${day.at} ${day.up} ${day.downMs} ${day.slowMs}`;
    const bar = made.get(key) ?? barView(day, nr);
    made.set(key, bar);
    return bar;
  };
}

function barView(day: PublicDay, nr: number): Html {
  return html`<rect class="${kindOf(day)}" x="${nr * 4}" ${box(kindOf(day))}
    ><title>${messages.day(day)}</title></rect
  >`;
}

type Kind = 'w' | 'p' | 'd' | 'n';
/** So much of a day makes it a bad one; and so much of it slow, one that was not whole. */
const longDownMs = 15 * 60_000;
const slowMs = 30 * 60_000;

function kindOf(day: PublicDay): Kind {
  if (day.up === undefined) return 'n';
  if (day.downMs >= longDownMs) return 'd';
  return day.downMs > 0 || day.slowMs >= slowMs ? 'p' : 'w';
}

/** The kinds differ in height too. */
function box(kind: Kind): Html {
  const top = { d: 0, p: 5, w: 10, n: 28 }[kind];
  return html`y="${top}" width="3" height="${36 - top}" rx=".8"`;
}

function legend(): Html {
  const kinds: readonly Kind[] = ['w', 'p', 'd', 'n'];
  return html`<p class="legend soft">
      ${kinds.map(
        (kind, nr) =>
          html`<span
            ><svg class="bars" viewBox="0 0 3 36" preserveAspectRatio="none" aria-hidden="true">
              <rect class="${kind}" x="0" ${box(kind)} /></svg
            >${messages.words.legend[nr]}</span
          >`,
      )}
    </p>
    <p class="soft">${messages.words.days}</p>`;
}

function lastingView(incident: PublicIncident, now: number, times: Times): Html {
  return html`<section
    class="card rows lasts gap${incident.kind === 'degraded' && ' slow'}"
    aria-label="${messages.words.lasting}"
  >
    <ul class="rows">
      <li>
        <h2 class="inline">${messages.incident(incident)}</h2>
        <p class="soft">
          ${messages.words.since} ${timeOf(incident.startedAt, times.at(incident.startedAt))} ·
          ${messages.lasted(incident, now)}
        </p>
      </li>
    </ul>
  </section> `;
}

function workView(work: PublicWork, now: number, times: Times): Html {
  const underway = work.from <= now;
  return html`<div class="card lasts work gap">
    <ul class="rows">
      <li>
        <div class="top">
          <h3>${messages.work(work)}</h3>
          ${underway && stateView('maintenance')}
        </div>
        <p class="soft">${underway && html`${messages.words.underway} · `}${spanOf(work.from, work.to, times)}</p>
      </li>
    </ul>
  </div> `;
}

function pastView(page: StatusPage, times: Times): Html {
  const past = page.incidents.filter(({ endedAt }) => endedAt !== undefined);
  if (past.length === 0) return html`<p class="soft">${messages.noIncidents(page)}</p>`;
  return html`<ul class="card rows">
    ${past.map(
      (one) =>
        html`<li>
          <h3>${messages.incident(one)}</h3>
          <p class="soft">${spanOf(one.startedAt, one.endedAt ?? page.at, times)} · ${messages.lasted(one, page.at)}</p>
        </li> `,
    )}
  </ul>`;
}

function spanOf(from: number, to: number, times: Times): Html {
  return html`${timeOf(from, times.from(from))} – ${timeOf(to, times.to(from, to))}`;
}

function timeOf(at: number, written: string): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${written}</time>`;
}
