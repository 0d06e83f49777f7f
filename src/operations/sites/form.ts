import type { FormField } from '#ports/chat.ts';
import type { Json } from '#ports/json.ts';
import type { ManagedSite, SiteFields } from '#ports/managed-sites.ts';

type Text = FormField & { kind: 'text' };
const optional = { kind: 'text', optional: true } as const;

/** What people fill in most; the rest has one line of its own. Ids are names of fields in deckhand.yml. */
const fields: readonly Text[] = [
  {
    kind: 'text',
    id: 'name',
    label: 'Name',
    placeholder: 'shop',
    hint: 'Small letters, digits, dashes. It stays: the history belongs to it.',
  },
  { kind: 'text', id: 'url', label: 'Address', placeholder: 'https://shop.example.com/health' },
  { ...optional, id: 'interval', label: 'Checked every', placeholder: '60s' },
  { ...optional, id: 'contains', label: 'Text that must be there' },
  {
    ...optional,
    id: 'statuses',
    label: 'Status codes that mean up',
    placeholder: '200, 204',
    hint: 'Empty = 200 to 399',
  },
  { ...optional, id: 'slow', label: 'Told as slow above', placeholder: '2s' },
  {
    ...optional,
    id: 'instance',
    label: 'Server behind it',
    placeholder: 'web-1',
    hint: 'Id or Name; gives the alert its Restart and Restore buttons',
  },
  { ...optional, id: 'owner', label: 'Owner' },
  { ...optional, id: 'runbook', label: 'What to do when it is down', placeholder: 'https://wiki.example.com/shop' },
  {
    ...optional,
    id: 'more',
    label: 'Anything else',
    placeholder: '--parent gateway --max-redirects 0',
    hint: 'As typed after the command; every field of deckhand.yml works',
  },
];

/** The form, filled with what a site has. */
export function formFields(site: Pick<ManagedSite, 'name' | 'fields'> | undefined): readonly Text[] {
  return fields.map((field) => {
    const value = site === undefined ? undefined : textOf(site.fields, field.id);
    return value === undefined ? field : { ...field, initial: value };
  });
}

function textOf(of: SiteFields, id: string): string | undefined {
  const value: Json | undefined = of[id];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The filled form as it would be typed. `empty`: also what was left empty, which takes a value away. */
export function formLine(values: Readonly<Record<string, string>>, without: readonly string[], empty: boolean): string {
  const named = fields.map(({ id }) => id).filter((id) => id !== 'more' && !without.includes(id));
  const flags = named
    .filter((id) => empty || (values[id] ?? '') !== '')
    .map((id) => `--${id} ${quoted(values[id] ?? '')}`);
  return [...flags, values['more'] ?? ''].join(' ').trim();
}

function quoted(value: string): string {
  return value.includes('"') ? `'${value.replaceAll("'", '')}'` : `"${value}"`;
}
