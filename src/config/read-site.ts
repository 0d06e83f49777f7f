import { type PortRange, portRefusal } from '#lib/web-ports.ts';
import type { ReadSite, SiteFault, SiteFields } from '#ports/managed-sites.ts';

import { asksFaults } from './asks-schema.ts';
import { shownPath, unknownField } from './site-shape.ts';
import { site, type SitesDefaults, toSite } from './sites-schema.ts';

/** A site that does not stand in deckhand.yml, by the same schema; `ports`: see Probe. Pure. */
export function readSite(fields: SiteFields, defaults: SitesDefaults, ports?: readonly PortRange[]): ReadSite {
  const read = site.safeParse(fields);
  const faults = [...(read.success ? [] : faultsOf(read.error.issues, fields)), ...plainSecrets(fields)];
  if (!read.success || faults.length > 0) return { ok: false, faults };
  // What may run on servers is decided where the file is, not in a chat.
  if (read.data.remedies !== undefined)
    return wrong(
      'remedies',
      'Expected none: remedies stand in deckhand.yml alone. Move the site there to give it some.',
    );
  const { deadline, interval = defaults.interval } = read.data;
  if (deadline !== undefined && deadline > interval)
    return wrong('deadline', 'Expected a time not above the `interval` of the site.');
  const together = asksFaults(read.data);
  if (together.length > 0)
    return { ok: false, faults: together.map(({ path, message }) => ({ field: shownPath(path) || 'url', message })) };
  const refused = ports === undefined ? undefined : portRefusal(read.data.url, ports);
  if (refused !== undefined) return wrong('url', `Expected another port: ${refused}.`);
  return { ok: true, fields, site: { ...toSite(read.data, defaults, { docker: [], scripts: [] }), ports } };
}

type Issue = { code: string; path: readonly PropertyKey[]; message: string; keys?: unknown };

/** One for each place; of what stands inside a field it is said what is there. */
function faultsOf(issues: readonly Issue[], fields: SiteFields): SiteFault[] {
  const first = issues.filter(({ path }, at) => issues.findIndex((one) => isSame(one.path, path)) === at);
  return first.flatMap(({ code, path, message, keys }): SiteFault[] => {
    if (code === 'unrecognized_keys') return (keys as string[]).map((key) => unknownField(path, key));
    const value = path.length > 1 && path[0] !== 'headers' ? valueAt(fields, path) : undefined;
    const there = typeof value === 'string' ? `\`${value.slice(0, 80).replaceAll('`', "'")}\` does not fit. ` : '';
    return [{ field: shownPath(path) || 'url', message: `${there}${message}` }];
  });
}

function isSame(a: Issue['path'], b: Issue['path']): boolean {
  return shownPath(a) === shownPath(b);
}

function valueAt(fields: SiteFields, path: Issue['path']): unknown {
  return path.reduce<unknown>((at, part) => (Object(at) as Record<PropertyKey, unknown>)[part], fields);
}

/**
 * What is typed into a chat is read by many, so what a site needs to get in is only named there. And only variables that
 * are meant for it: else whoever adds a site could have Deckhand's own tokens sent anywhere.
 */
function plainSecrets(fields: SiteFields): SiteFault[] {
  const faults: SiteFault[] = [];
  const { headers } = fields;
  const values = typeof headers === 'object' && headers !== null ? Object.values(headers) : [];
  if (values.some((value) => typeof value !== 'string' || !/\$\{env:\w+\}/.test(value)))
    faults.push({
      field: 'headers',
      message:
        'Expected values that name a variable of the environment, such as `{"authorization": "Bearer ${env:SITE_SHOP_TOKEN}"}`: secrets are not typed into a chat.',
    });
  for (const [field, value] of Object.entries(fields))
    for (const [, name = ''] of JSON.stringify(value).matchAll(/\$\{env:(\w+)\}/g))
      if (!name.startsWith('SITE_'))
        faults.push({
          field,
          message: `Expected a variable whose name begins with SITE_, not ${name}: the others are not for sites that are added in a chat.`,
        });
  return faults;
}

function wrong(field: string, message: string): { ok: false; faults: SiteFault[] } {
  return { ok: false, faults: [{ field, message }] };
}
