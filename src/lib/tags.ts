import type { Tags } from '#ports/cloud.ts';

/** Our tags share one prefix, so that Terraform can ignore them all with one line. */
export const ourPrefix = 'deckhand:';

/** On everything a run makes: which run. */
export const runTag = `${ourPrefix}job`;
/** On volumes: the token of the effect that made it, to find it again after a lost answer. */
export const volumeTag = `${ourPrefix}op`;
/** On snapshots: the set they belong to, to find it again after a lost answer. */
export const setTag = `${ourPrefix}set`;
/** On snapshots: the schedule that took them. */
export const scheduleTag = `${ourPrefix}schedule`;
/** On restored volumes, and through them on their snapshots: the volume whose data this is. */
export const sourceTag = `${ourPrefix}source-volume`;
/** On a replaced volume: until when it is kept for undo (ISO 8601). */
export const holdTag = `${ourPrefix}restore-hold-until`;
/** On a replaced volume: a Terraform state names it. Were it deleted while it does, the next apply would make an empty one. */
export const terraformTag = `${ourPrefix}terraform`;
/** On the disk of a restore drill: the volume whose snapshot it was made from. */
export const drillTag = `${ourPrefix}drill-of`;
/** Slack id of the person who asked. */
export const requesterTag = `${ourPrefix}requested-by`;

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
export const mostTags = 50;
export const longestKey = 128;
export const longestValue = 256;

/** The tags a copy takes over: everything but what AWS reserves and what describes the original's own history. */
export function copiedTags(tags: Tags): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(
      ([key]) => !key.startsWith('aws:') && !(key.startsWith(ourPrefix) && key !== sourceTag),
    ),
  );
}

/** How many tags count against AWS's limit of 50. */
export function countedTags(tags: Tags): number {
  return Object.keys(tags).filter((key) => !key.startsWith('aws:')).length;
}
