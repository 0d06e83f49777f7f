import { count, label, some } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Place, Volume } from '#ports/cloud.ts';
import type { Remedy } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import type { Words } from './messages.ts';
import type { Ailment } from './volume-verdict.ts';

/** All words about disks that are in trouble by themselves. */

/** Names in one message; the rest is counted. */
const mostNames = 20;
const mostButtons = 3;

const troubles = {
  error: { title: 'in the state "error"', one: 'is in the state "error"', many: 'are in the state "error"' },
  io: { title: 'without I/O', one: 'has no I/O: AWS has stopped it', many: 'have no I/O: AWS has stopped it' },
  impaired: { title: 'impaired', one: 'is impaired', many: 'are impaired' },
} as const satisfies Record<Ailment, { title: string; one: string; many: string }>;

/** `volume` is undefined while it could not be read. */
export type Ill = { id: string; volume: Volume | undefined };
type Of = { ailment: Ailment; ill: readonly Ill[]; place: Place; flags: string; since: number; first: boolean };

export function ailing({ ailment, ill, place, flags, since, first }: Of): Words {
  const names = ill.map(nameOf);
  const servers = [...new Set(ill.flatMap(({ volume }) => (volume?.attachments ?? []).map((at) => at.instanceId)))];
  const trouble = troubles[ailment];
  const { cause, step } = advice(ailment);
  return {
    report: {
      // What hangs nowhere hurts nobody yet.
      severity: servers.length > 0 || ill.some(({ volume }) => volume === undefined) ? 'critical' : 'warning',
      title: titleOf(ailment, ill.length),
      alert: `${some(names, 3)} ${ill.length === 1 ? trouble.one : trouble.many}`,
      facts: [
        ['Likely cause', cause],
        ['Do', step],
        [ill.length === 1 ? 'Disk' : 'Disks', some(names, mostNames)],
        ['Servers', servers.length === 0 ? 'none: attached to no server' : some(servers, mostNames)],
        ['Account and Region', placeLabel(place)],
        ['Since', { at: since, style: 'datetime' }],
      ],
      detail: [],
      remedies: ailment === 'io' && ill.length <= mostButtons ? ill.map((one) => enable(one, flags)) : [],
    },
    note: first
      ? `${some(names, mostNames)} ${ill.length === 1 ? trouble.one : trouble.many}.`
      : `Now: ${some(names, mostNames)}.`,
  };
}

/** `leftOut`: how many of them the settings leave out of the watch. */
export function wellAgain(ailment: Ailment, { leftOut }: { leftOut: number }): Words {
  const unwatched = leftOut === 0 ? '' : ` among those that are watched (health.tags leaves ${leftOut} of them out)`;
  const text = `No disk is ${troubles[ailment].title} any more${unwatched}`;
  return {
    report: {
      severity: 'warning',
      title: titleOf(ailment, 0),
      alert: text,
      facts: [],
      detail: [`${text}: they are well again${leftOut === 0 ? '' : ', no longer watched'}, or gone.`],
      remedies: [],
    },
    note: `${text}.`,
  };
}

function titleOf(ailment: Ailment, disks: number): string {
  return disks === 0 ? `Disks ${troubles[ailment].title}` : `${count(disks, 'disk')} ${troubles[ailment].title}`;
}

function nameOf({ id, volume }: Ill): string {
  return volume === undefined ? id : label(volume);
}

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-checks.html and
 *  https://docs.aws.amazon.com/ebs/latest/userguide/ebs-describing-volumes.html */
function advice(ailment: Ailment): { cause: Line; step: Line } {
  switch (ailment) {
    case 'error':
      return {
        cause:
          'The hardware under it has failed, or it could not be made (a key it may not use, for example). AWS cannot recover its data.',
        step: [
          'Put the newest good snapshot in its place with ',
          { code: '/restore <server>' },
          '. A new disk that failed can be deleted.',
        ],
      };
    case 'io':
      return {
        cause: 'AWS has stopped I/O on purpose, since the data may be inconsistent.',
        step: 'Take a snapshot, then enable I/O and check the file system (fsck, chkdsk), or restore the last good snapshot.',
      };
    case 'impaired':
      return {
        cause: 'The disk is stalled or severely degraded on the side of AWS. It often ends by itself.',
        step: 'If it does not, stop and start its server, or restore the last good snapshot.',
      };
  }
}

function enable({ id, volume }: Ill, flags: string): Remedy {
  const name = volume === undefined || volume.name === '' ? id : volume.name;
  return {
    label: `Enable I/O of ${name}…`.slice(0, 75),
    operation: 'enableio',
    line: `${id}${flags}`,
    style: 'danger',
  };
}
