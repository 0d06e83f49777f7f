import { type PictureWorld, pictureOf } from '#lib/picture.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { IncidentPicture, Report } from '#ports/incidents.ts';
import type { Chart } from '#ports/pictures.ts';

import type { World } from './world.ts';

/** What pictures of incidents need; `chartOf`: undefined where there is nothing to draw of it. */
export type Illustrated = Pick<PictureWorld, 'pictures'> & {
  chartOf: (incident: IncidentRecord, report: Report) => Chart | undefined;
};

/** Pictures that wait at most: in a storm words must do. */
const mostWaiting = 20;
/** A state may change while its picture is drawn; then the newer one is drawn. */
const mostRounds = 3;

/**
 * Draws an incident when it has been told: when it begins, when it is about more sites, and when it is over; one at a time. Answers at once:
 * no message is later because of its picture, and one that cannot be drawn or uploaded is left out.
 */
export function createIllustrator(
  world: World,
  { pictures, chartOf }: Illustrated,
  keep: (id: string, picture: IncidentPicture) => Promise<void>,
): (incident: IncidentRecord) => void {
  const waiting = new Set<string>();
  let turn: Promise<void> = Promise.resolve();

  return function illustrate(incident) {
    const { id } = incident;
    if (!isDue(incident) || waiting.has(id) || waiting.size >= mostWaiting || drawn(incident) === undefined) return;
    waiting.add(id);
    turn = turn.then(() => draw(id)).finally(() => waiting.delete(id));
  };

  function drawn(incident: IncidentRecord): Chart | undefined {
    return chartOf(incident, reportOf(incident));
  }

  async function draw(id: string): Promise<void> {
    try {
      for (let round = 0; round < mostRounds; round++) {
        const incident = await world.history.incidents.get(id);
        if (incident === undefined || !isDue(incident)) return;
        const chart = drawn(incident);
        const picture = chart && (await pictureOf({ ...world, pictures }, chart));
        if (picture?.kind !== 'image') return;
        const sites = sitesOf(incident);
        const about = sites === undefined ? {} : { sites };
        await keep(id, { of: incident.state, ...about, file: picture.file, alt: picture.alt });
      }
    } catch (error) {
      world.log.warn({ incident: id, err: error }, 'the picture of an incident could not be added; its words stand');
    }
  }
}

function isDue(incident: IncidentRecord): boolean {
  const { picture } = reportOf(incident);
  return picture?.of !== incident.state || picture.sites !== sitesOf(incident);
}

function sitesOf(incident: IncidentRecord): number | undefined {
  return reportOf(incident).sites?.length;
}

function reportOf({ report }: IncidentRecord): Report {
  return report as unknown as Report; // written by the incident book
}
