import type { SiteView } from '#ports/managed-sites.ts';
import type { StatusPageSettings } from '#ports/site-settings.ts';
import { type Measure, nothing } from '#sites/measure.ts';
import type { Stretch } from '#sites/past.ts';
import { begin, dayMs } from '#sites/rollup.ts';
import type { Facts } from '#status-page/model.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

export const now = Date.UTC(2026, 10, 25, 14, 3, 0);
export const minute = 60_000;

export function settingsOf(change: Partial<StatusPageSettings> = {}): StatusPageSettings {
  return { ...createFakeSettings().current().statusPage, enabled: true, title: 'Harbour status', port: 0, ...change };
}

export function published(site: string, name: string, more: Partial<StatusPageSettings['sites'][number]> = {}) {
  return { site, name, group: undefined, description: undefined, link: undefined, ...more };
}

export function view(name: string, state: string): Pick<SiteView, 'name' | 'state'> {
  return { name, state };
}

/** Days that ended `ago`, whole but for what is said. */
export function day(ago: number, of: Partial<Measure> = {}): Stretch {
  const downMs = of.downMs ?? 0;
  const measure = { ...nothing, upMs: dayMs - downMs, checks: 1_440, ...of };
  return { at: begin(now, dayMs) - ago * dayMs, lengthMs: dayMs, measure };
}

export function facts(of: Partial<Facts> = {}): Facts {
  return { now, isBlind: false, views: [], past: new Map(), incidents: [], works: [], ...of };
}

/** A page with one of everything. */
export function busy(): { settings: StatusPageSettings; facts: Facts } {
  const whole = Array.from({ length: 90 }, (_, ago) => day(ago));
  const some = whole.map((one, ago) =>
    ago === 12
      ? day(12, { downMs: 50 * minute })
      : ago === 40 || ago === 41
        ? day(ago, { downMs: 4 * minute })
        : ago === 63
          ? day(ago, { slowMs: 3 * 60 * minute })
          : one,
  );
  return {
    settings: settingsOf({
      support: 'https://harbour.example.com/help',
      timezone: 'Europe/Berlin',
      sites: [
        published('shop-prod-1', 'Web shop', {
          group: 'Shop',
          description: 'Catalogue, basket and checkout',
          link: 'https://shop.example.com/',
        }),
        published('pay', 'Payments', { group: 'Shop' }),
        published('search', 'Search', { group: 'Shop' }),
        published('api', 'Public API', { group: 'For developers', link: 'https://api.example.com/' }),
        published('docs', 'Documentation', { group: 'For developers' }),
        published('mail', 'Order mails', { group: 'For developers', description: 'Confirmations and invoices' }),
      ],
    }),
    facts: facts({
      views: [
        view('shop-prod-1', 'down'),
        view('pay', 'up'),
        view('search', 'degraded'),
        view('api', 'up'),
        view('docs', 'maintenance'),
        view('mail', 'not checked lately'),
      ],
      past: new Map([
        ['shop-prod-1', [...some.slice(1), day(0, { downMs: 12 * minute, upMs: 13 * 60 * minute })]],
        ['pay', whole],
        ['search', some.slice(0, 70)],
        ['api', whole.filter((_, ago) => ago !== 20 && ago !== 21)],
        ['docs', whole.slice(0, 9)],
      ]),
      incidents: [
        { id: 'inc-1', kind: 'down', sites: ['shop-prod-1'], startedAt: now - 12 * minute, endedAt: undefined },
        { id: 'inc-2', kind: 'degraded', sites: ['search'], startedAt: now - 95 * minute, endedAt: undefined },
        {
          id: 'inc-3',
          kind: 'down',
          sites: ['shop-prod-1', 'pay', 'internal'],
          startedAt: now - 12 * dayMs - 50 * minute,
          endedAt: now - 12 * dayMs,
        },
        {
          id: 'inc-4',
          kind: 'degraded',
          sites: ['api'],
          startedAt: now - 13 * dayMs,
          endedAt: now - 13 * dayMs + 25 * minute,
        },
      ],
      works: [
        { name: 'Postgres 19 on db-7', sites: ['docs'], from: now - 20 * minute, to: now + 40 * minute },
        { name: 'Move to the new hall', sites: [], from: now + 3 * dayMs, to: now + 3 * dayMs + 120 * minute },
      ],
    }),
  };
}
