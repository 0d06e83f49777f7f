import type { IncidentRecord } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Chart } from '#ports/pictures.ts';

import type { Ages } from './digest-backups.ts';

const dayMs = 86_400_000;
/** Days of the chart of a digest that tells of less than a week, and of others. */
const [fewDays, manyDays] = [14, 28];
const severities = ['critical', 'warning', 'info'] as const;

/** How far back the incidents of the chart go, from `now`. Pure. */
export function chartDays({ since, now }: { since: number; now: number }): number {
  return now - since < 6 * dayMs ? fewDays : manyDays;
}

/** Incidents by the day in which they began, days ending at the hour of the digest. Pure. */
export function incidentsChart(
  incidents: readonly IncidentRecord[],
  { now, days, timezone }: { now: number; days: number; timezone: string },
): Chart {
  const label = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, day: 'numeric', month: 'short' });
  const bars = Array.from({ length: days }, (_, at) => {
    const to = now - (days - 1 - at) * dayMs;
    const of = incidents.filter(({ startedAt }) => startedAt > to - dayMs && startedAt <= to);
    const values = severities.map(
      (severity) => of.filter((one) => (one.report as unknown as Report).severity === severity).length, // by the watchers
    );
    return { label: label.format(to), values };
  });
  return { title: `Incidents a day, the last ${days} days`, kind: 'bars', unit: 'incidents', parts: severities, bars };
}

/** How old the newest good snapshots are. Pure. */
export function agesChart(ages: Ages): Chart {
  return {
    title: 'Age of the newest good snapshot of the disks in use',
    kind: 'bars',
    unit: 'disks',
    parts: ['disks'],
    bars: ages.map(([label, disks]) => ({ label, values: [disks] })),
  };
}
