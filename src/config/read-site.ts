import type { Json } from '#ports/json.ts';
import type { ReadSite, SiteFault, SiteFields } from '#ports/managed-sites.ts';

import { asksFaults } from './asks-schema.ts';
import { site, type SitesDefaults, toSite } from './sites-schema.ts';

/** A site that does not stand in deckhand.yml, by the same schema. Pure. */
export function readSite(fields: SiteFields, defaults: SitesDefaults): ReadSite {
  const read = site.safeParse(fields);
  const faults = [...(read.success ? [] : read.error.issues.flatMap(faultOf)), ...plainSecrets(fields)];
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
    return { ok: false, faults: together.map(({ path, message }) => ({ field: String(path[0] ?? 'url'), message })) };
  return { ok: true, fields, site: toSite(read.data, defaults, { docker: [], scripts: [] }) };
}

/** As `readSite`, from what people type; see SiteReader. */
export function readTypedSite(
  typed: Readonly<Record<string, string>>,
  before: SiteFields,
  defaults: SitesDefaults,
): ReadSite {
  const fields: Record<string, Json> = { ...before };
  for (const [written, value] of Object.entries(typed)) {
    const [name, inner, ...more] = written.split('.');
    const field = fieldNamed(Object.keys(site.shape), name ?? '');
    if (field === undefined || more.length > 0) return unknown(written);
    const section = (fields[field] ?? {}) as Record<string, Json>; // the schema refuses what is none
    const put = (value: Json): Json => (inner === undefined ? value : { ...section, [camel(inner)]: value });
    const fits = (value: Json) => shapeOf(field).safeParse(put(value)).success;
    if (value.trim() === '') delete fields[field];
    else fields[field] = put(readings(value).find(fits) ?? value);
  }
  return readSite(fields, defaults);
}

/** What a typed text may mean, the likeliest first. */
function readings(text: string): readonly Json[] {
  const words = text.split(',').map((one) => one.trim());
  const numbers = words.map((one) => (/^-?\d+(\.\d+)?$/.test(one) ? Number(one) : one));
  return [text, ...numbers.slice(0, 1), ...flagOf(text), words, numbers, ...jsonOf(text)];
}

function shapeOf(field: string): { safeParse: (value: unknown) => { success: boolean } } {
  return site.shape[field as keyof typeof site.shape];
}

function flagOf(text: string): boolean[] {
  if (/^(yes|true|on)$/i.test(text)) return [true];
  return /^(no|false|off)$/i.test(text) ? [false] : [];
}

function jsonOf(text: string): Json[] {
  try {
    return [JSON.parse(text) as Json];
  } catch {
    return [];
  }
}

function fieldNamed(names: readonly string[], written: string): string | undefined {
  return names.find((name) => plain(name) === plain(written));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

function camel(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function faultOf(issue: { code: string; path: readonly PropertyKey[]; message: string; keys?: unknown }): SiteFault[] {
  if (issue.code === 'unrecognized_keys') return (issue.keys as string[]).flatMap((key) => unknown(key).faults);
  return [{ field: String(issue.path[0] ?? 'url'), message: issue.message }];
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

function unknown(field: string): { ok: false; faults: SiteFault[] } {
  return wrong(field, `\`${field}\` is no field of a site. There are: ${Object.keys(site.shape).join(', ')}.`);
}

function wrong(field: string, message: string): { ok: false; faults: SiteFault[] } {
  return { ok: false, faults: [{ field, message }] };
}
