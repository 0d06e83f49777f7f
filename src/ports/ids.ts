import { z } from 'zod';

/** EC2 ids: 8 (old) or 17 hexadecimal digits after the prefix.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html */
const hex = '(?:[0-9a-f]{17}|[0-9a-f]{8})';

export type InstanceId = `i-${string}`;
export const InstanceId = z.custom<InstanceId>((v) => typeof v === 'string' && new RegExp(`^i-${hex}$`).test(v));

export type VolumeId = `vol-${string}`;
export const VolumeId = z.custom<VolumeId>((v) => typeof v === 'string' && new RegExp(`^vol-${hex}$`).test(v));

export type SnapshotId = `snap-${string}`;
export const SnapshotId = z.custom<SnapshotId>((v) => typeof v === 'string' && new RegExp(`^snap-${hex}$`).test(v));

export type ImageId = `ami-${string}`;

/** A root volume replacement task. */
export type RootTaskId = `replacevol-${string}`;

export type ResourceId = InstanceId | VolumeId | SnapshotId;

/** Slack ids: U or W for people, S for user groups, C, G or D for conversations, T for workspaces. */
export type UserId = string;
/** Stands where a person's id stands when Deckhand itself asked or acted. No Slack id has small letters. */
export const deckhand = 'deckhand';
export type GroupId = string;
export type ChannelId = string;
export type TeamId = string;
/** F and capitals: a file that was uploaded to the chat. */
export type FileId = string;

/** `r-` and 10 characters of Crockford base 32: short enough to type, 50 bits of Slack's own id of the request. */
export type RunId = string;
