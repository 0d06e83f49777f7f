import { Refusal } from '#errors.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';

/** Of several or none, so many are named. */
const mostNamed = 5;

/**
 * The open incident that somebody means: by its id, or by what it is about, as its title and its key name it. Throws
 * Refusal "not-found" or "conflict" that names what there is. Pure.
 */
export function findOpen(open: readonly IncidentRecord[], typed: string): IncidentRecord {
  const wanted = typed.toLowerCase();
  const found = open.filter((one) => namesOf(one).includes(wanted));
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new Refusal('conflict', `More than one open alert is about that. Say which by its id: ${listed(found)}.`);
  throw new Refusal(
    'not-found',
    open.length === 0
      ? 'No alert is open now, so there is nothing to do. See `/deck runs` for what is going on.'
      : `No open alert is about "${typed.slice(0, 60).replaceAll('`', '')}". Open are: ${listed(open)}. See \`/deck incidents\`.`,
  );
}

/** `inc-…`, `i-…` or `shop` from the key, `web-1 (i-…)` and `web-1` from the title. */
function namesOf(incident: IncidentRecord): readonly string[] {
  const subject = titleOf(incident).split(' · ').at(-1)!;
  const inKey = incident.key.slice(incident.key.indexOf(':') + 1);
  return [incident.id, inKey, subject, subject.replace(/ \([^()]*\)$/, '')].map((name) => name.toLowerCase());
}

function listed(incidents: readonly IncidentRecord[]): string {
  const named = incidents.slice(0, mostNamed).map((one) => `\`${one.id}\` ${titleOf(one).replaceAll('`', '')}`);
  const more = incidents.length - named.length;
  return `${named.join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function titleOf({ report }: IncidentRecord): string {
  return (report as unknown as Report).title; // written by the incident book
}
