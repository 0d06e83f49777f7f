import type { Action } from './call.ts';
import { zoneId } from './describe-instances.ts';
import { describe, listParameters } from './describe.ts';
import { required } from './form.ts';
import { progressOf } from './initialization.ts';
import type { Volume, VolumeTrouble } from './model.ts';
import { volumeState } from './states.ts';
import { findOne, type World } from './world.ts';
import { iso, type XmlFields } from './xml.ts';

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-checks.html */
export const describeVolumeStatus: Action = {
  takes: [...listParameters, 'VolumeId', 'IncludeManagedResources'],
  run: (call) => {
    const { world } = call;
    const seen = (volume: Volume): Seen => statusOf(world, volume);
    const page = describe(call, 'volume', {
      ids: 'VolumeId',
      rule: { least: 5, most: 1_000 },
      noTagFilters: true,
      fields: {
        'availability-zone': ({ zone }) => [zone],
        'volume-status.status': (volume) => [seen(volume).status],
        'volume-status.details-name': (volume) => seen(volume).details.map(({ name }) => name),
        'volume-status.details-status': (volume) => seen(volume).details.map(({ status }) => status),
        'event.event-id': ({ trouble }) => [trouble?.eventId],
        'event.event-type': ({ trouble }) => [trouble && eventTypes[trouble.kind]],
        'action.code': ({ trouble }) => [trouble && stopsIo(trouble) ? 'enable-volume-io' : undefined],
        'action.event-id': ({ trouble }) => [trouble && stopsIo(trouble) ? trouble.eventId : undefined],
      },
    });
    return { volumeStatusSet: page.items.map((one) => itemXml(world, one, seen(one))), nextToken: page.nextToken };
  },
};

type Seen = { status: string; details: { name: string; status: string }[] };

/** A volume in the state `error` does not show here. */
function statusOf(world: World, volume: Volume): Seen {
  const now = world.now();
  const state = volumeState(volume, now);
  const details = (io: string, performance: string) => [
    { name: 'io-enabled', status: io },
    // Told every minute for these types; for all others it is not applicable.
    { name: 'io-performance', status: tellsPerformance.has(volume.type) ? performance : 'not-applicable' },
  ];
  if (state === 'creating' || state === 'error')
    return { status: 'insufficient-data', details: details('insufficient-data', 'insufficient-data') };
  const { trouble } = volume;
  if (trouble !== undefined && stopsIo(trouble))
    return { status: 'impaired', details: details('failed', 'not-applicable') };
  if (trouble?.kind === 'stalled') return { status: 'impaired', details: details('passed', 'stalled') };
  if (trouble?.kind === 'degraded') return { status: 'warning', details: details('passed', 'degraded') };
  const initializing = volume.initialization !== undefined && progressOf(world, volume.initialization, now);
  if (initializing) return { status: 'warning', details: details('passed', 'degraded') };
  return { status: 'ok', details: details('passed', 'normal') };
}

const tellsPerformance = new Set(['io1', 'io2', 'gp3']);
const eventTypes = {
  inconsistent: 'potential-data-inconsistency',
  degraded: 'io-performance:degraded',
  stalled: 'io-performance:stalled',
} as const;

function stopsIo({ kind, ioEnabledAt }: VolumeTrouble): boolean {
  return kind === 'inconsistent' && ioEnabledAt === undefined;
}

function itemXml(world: World, volume: Volume, { status, details }: Seen): XmlFields {
  const { trouble, initialization } = volume;
  const progress = initialization && progressOf(world, initialization, world.now());
  return {
    volumeId: volume.id,
    availabilityZone: volume.zone,
    availabilityZoneId: zoneId(world, volume.zone),
    volumeStatus: { status, details },
    eventsSet: trouble === undefined ? [] : [eventXml(trouble)],
    actionsSet:
      trouble !== undefined && stopsIo(trouble)
        ? [
            {
              code: 'enable-volume-io',
              description: 'Enable volume I/O',
              eventId: trouble.eventId,
              eventType: eventTypes.inconsistent,
            },
          ]
        : [],
    initializationStatusDetails:
      progress === undefined
        ? undefined
        : {
            initializationType: progress.type,
            progress: progress.progress,
            estimatedTimeToCompleteInSeconds: progress.secondsLeft,
          },
  };
}

function eventXml(trouble: VolumeTrouble): XmlFields {
  const enabled = trouble.kind === 'inconsistent' && !stopsIo(trouble);
  return {
    eventId: trouble.eventId,
    eventType: eventTypes[trouble.kind],
    description: enabled ? 'IO Enabled' : descriptions[trouble.kind],
    notBefore: iso(trouble.since),
  };
}

const descriptions = {
  inconsistent: 'Awaiting Action: Enable IO. The data of the volume may be inconsistent.',
  degraded: 'The performance of the volume is below what is expected.',
  stalled: 'The performance of the volume is stalled.',
} as const;

/** Enabling what is enabled changes nothing. */
export const enableVolumeIo: Action = {
  takes: ['VolumeId', 'DryRun'],
  run: ({ world, form }) => {
    const volume = findOne(world, 'volume', required(form, 'VolumeId'));
    const { trouble } = volume;
    if (trouble !== undefined && stopsIo(trouble))
      world.tables.volume.put({ ...volume, trouble: { ...trouble, ioEnabledAt: world.now() } });
    return { return: true };
  },
};
