import type { Instance, ScheduledEvent } from '#ports/cloud.ts';

import { openOf } from './events.ts';
import type { Bond, Member } from './groups.ts';
import type { Look } from './judge.ts';
import { isBadNow } from './looks.ts';
import type { HealthRecord } from './records.ts';

export type Topic = 'checks' | 'events';

/** The member that a server is of those that are told together; undefined when nothing is to be said of it. Pure. */
export function memberOf(topic: Topic, { look, record }: { look: Look; record: HealthRecord }): Member | undefined {
  return topic === 'checks' ? failing(look, record) : planned(look, record);
}

function failing({ id, instance }: Look, { course, checks }: HealthRecord): Member | undefined {
  if (!course.open && !isBadNow(course.looks)) return undefined;
  const group = checks?.group;
  // What is not listed, or well again in the newest look, gathers no others.
  if (instance === undefined || (course.open && course.good > 0))
    return { id, bonds: [], since: course.since ?? 0, stage: 'ending', group };
  const isFresh = checks === undefined && course.fresh === true;
  const stage = !course.open ? 'suspect' : isFresh ? 'fresh' : 'confirmed';
  return { id, bonds: bondsOf(instance), since: course.since ?? 0, stage, group };
}

function planned({ id, instance, health }: Look, { events }: HealthRecord): Member | undefined {
  if (instance === undefined || health === undefined)
    return events?.group === undefined ? undefined : { id, bonds: [], since: 0, stage: 'ending', group: events.group };
  const [first] = openOf(health.events);
  if (first === undefined) return undefined;
  // However far apart AWS announces them: it is one day's work.
  return { id, bonds: [{ by: 'event', what: dayOf(first) }], since: 0, stage: 'confirmed', group: events?.group };
}

/** AWS tells nothing of the host itself, but of dedicated hosts, and of the partitions of placement groups, each on racks of
 *  its own. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-groups.html */
function bondsOf({ hostId, placementGroup, partition, autoScalingGroup, zone }: Instance): readonly Bond[] {
  const region = regionOf(zone);
  const placed = partition === undefined ? placementGroup : `${placementGroup}, partition ${partition}`;
  return [
    ...(hostId === undefined ? [] : [{ by: 'host', what: hostId } as const]),
    ...(placed === undefined ? [] : [{ by: 'placement group', what: placed } as const]),
    ...(autoScalingGroup === undefined ? [] : [{ by: 'Auto Scaling group', what: autoScalingGroup } as const]),
    { by: 'zone', what: zone },
    ...(region === undefined ? [] : [{ by: 'Region', what: region } as const]),
  ];
}

/** `us-west-2` of us-west-2a, and of the Local Zone us-west-2-lax-1a.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html */
function regionOf(zone: string): string | undefined {
  return /^[a-z]+(?:-[a-z]+)+-\d+/.exec(zone)?.[0];
}

function dayOf({ code, notBefore }: ScheduledEvent): string {
  return notBefore === undefined ? code : `${code} on ${new Date(notBefore).toISOString().slice(0, 10)}`;
}
