import type { Operation } from '#operations/contract.ts';
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

/** The site that is meant, chosen from those that are watched. */
export const siteField = { kind: 'search', id: 'site', label: 'Site', of: 'sites' } as const satisfies FormField;

/** How long a site is left alone. Slack takes no empty value, so `open` stands for no time. */
export function breakForm(of: { title: string; open?: boolean; reason?: boolean }): NonNullable<Operation['form']> {
  const { title, open = false, reason = false } = of;
  const options = [
    ...(open ? [{ value: 'open', label: 'Until it is resumed' }] : []),
    ...times,
    ...(open ? [] : [{ value: 'end', label: 'End it now' }]),
  ];
  return {
    title,
    submit: 'Do it',
    fields: [
      siteField,
      { kind: 'choice', id: 'time', label: 'For how long', options, initial: open ? 'open' : '1h' },
      ...(reason ? [{ ...optional, id: 'reason', label: 'Reason', placeholder: 'new database' } as const] : []),
    ],
    line: ({ site = '', time = 'open', reason: because = '' }) =>
      `${site} ${time === 'open' ? '' : time} ${because === '' ? '' : `--reason ${quoted(because)}`}`.trim(),
  };
}

const times = [
  { value: '30m', label: '30 minutes' },
  { value: '1h', label: '1 hour' },
  { value: '2h', label: '2 hours' },
  { value: '8h', label: '8 hours' },
  { value: '1d', label: '1 day' },
  { value: '7d', label: '7 days' },
];

function quoted(value: string): string {
  return value.includes('"') ? `'${value.replaceAll("'", '')}'` : `"${value}"`;
}
