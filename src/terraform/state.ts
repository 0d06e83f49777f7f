import { z } from 'zod';

import type { Managed } from '#ports/terraform.ts';

import { address } from './address.ts';

/** Fields that are not named here are dropped as they are read. Source: Terraform's own `internal/states/statefile/version4.go`. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);
const Disk = z.object({ device_name: text, volume_id: text, snapshot_id: text, encrypted: flag });
const VolumeAttributes = z.object({ id: text, snapshot_id: text, encrypted: flag });
const AttachmentAttributes = z.object({ device_name: text, instance_id: text, volume_id: text });
const InstanceAttributes = z.object({
  id: text,
  ebs_block_device: z.array(Disk).nullish(),
  root_block_device: z.array(Disk).nullish(),
});
const Resource = z.object({
  module: z.string().optional(),
  mode: z.string(),
  type: z.string(),
  name: z.string(),
  instances: z
    .array(
      z.object({
        index_key: z.union([z.string(), z.number()]).nullish(),
        deposed: z.string().optional(),
        attributes: z.unknown().optional(),
      }),
    )
    .default([]),
});
const State = z.object({ version: z.number(), resources: z.array(Resource).default([]) });

/** The only format that Terraform (since 0.12, 2019) and OpenTofu write. */
const known = 4;

/**
 * The disks in a state file. Throws an Error whose message says in a few words, without any content of the file, why it
 * cannot be read. Pure.
 */
export function readState(content: string): readonly Managed[] {
  const state = State.safeParse(parse(content));
  if (!state.success) throw new Error('it is no Terraform state (version 4 JSON)');
  if (state.data.version !== known)
    throw new Error(`its format is version ${state.data.version}, and only version ${known} can be read`);
  return state.data.resources.filter(({ mode }) => mode === 'managed').flatMap(managedOf);
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined; // the parser's own message would quote the file
  }
}

function managedOf(resource: z.infer<typeof Resource>): readonly Managed[] {
  // A deposed object is an old one that Terraform is about to delete.
  return resource.instances
    .filter(({ deposed }) => deposed === undefined)
    .flatMap(({ index_key: index, attributes }): readonly Managed[] => {
      const at = address(resource, index ?? undefined);
      // Terraform escapes control characters; a file that holds them raw was not written by it.
      if (/\p{Cc}/u.test(at)) return [];
      switch (resource.type) {
        case 'aws_ebs_volume': {
          const { data } = VolumeAttributes.safeParse(attributes);
          return data === undefined
            ? []
            : [
                {
                  kind: 'volume',
                  address: at,
                  volumeId: data.id,
                  snapshotId: data.snapshot_id,
                  encrypted: data.encrypted,
                },
              ];
        }
        case 'aws_volume_attachment': {
          const { data } = AttachmentAttributes.safeParse(attributes);
          return data === undefined
            ? []
            : [
                {
                  kind: 'attachment',
                  address: at,
                  volumeId: data.volume_id,
                  instanceId: data.instance_id,
                  device: data.device_name,
                },
              ];
        }
        case 'aws_instance': {
          const { data } = InstanceAttributes.safeParse(attributes);
          if (data === undefined) return [];
          const [root] = data.root_block_device ?? [];
          return [
            {
              kind: 'instance',
              address: at,
              instanceId: data.id,
              disks: (data.ebs_block_device ?? []).map(diskOf),
              root: root === undefined ? undefined : diskOf(root),
            },
          ];
        }
        default:
          return [];
      }
    });
}

function diskOf(disk: z.infer<typeof Disk>) {
  return {
    device: disk.device_name,
    volumeId: disk.volume_id,
    snapshotId: disk.snapshot_id,
    encrypted: disk.encrypted,
  };
}
