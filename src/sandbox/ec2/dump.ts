import type { Json } from '#ports/json.ts';

import { checksOf } from './describe.ts';
import { shownFaults } from './faults.ts';
import { account, region, type World } from './model.ts';
import type { State } from './state.ts';

export type CallLog = {
  total: number;
  byAction: Record<string, number>;
  recent: { at: number; action: string; status: number; code: string }[];
};

/** What scripts and the page see of the make-believe EC2. */
export function dumpState(state: State, calls: CallLog): Json {
  const { world, now } = state;
  const disks = [...world.volumes.values()];
  return {
    account,
    region,
    instances: [...world.instances.values()].map((row) => ({
      id: row.id,
      name: row.tags['Name'] ?? '',
      state: row.state,
      status: checksOf(row, now()),
      zone: row.zone,
      mappings: disks
        .flatMap(({ id, attachment }) =>
          attachment?.instanceId === row.id
            ? [
                {
                  device: attachment.device,
                  volumeId: id,
                  state: attachment.state,
                  deleteOnTermination: attachment.deleteOnTermination,
                  root: attachment.root,
                },
              ]
            : [],
        )
        .toSorted((a, b) => Number(b.root) - Number(a.root))
        .map(({ root: _root, ...mapping }) => mapping),
      tags: { ...row.tags },
    })),
    volumes: disks.map((row) => ({
      id: row.id,
      state: row.state,
      sizeGiB: row.sizeGiB,
      type: row.type,
      tags: { ...row.tags },
      attachments:
        row.attachment === undefined
          ? []
          : [{ instanceId: row.attachment.instanceId, device: row.attachment.device, state: row.attachment.state }],
    })),
    snapshots: [...world.snapshots.values()].map((row) => ({
      id: row.id,
      volumeId: row.volumeId,
      state: row.state,
      startedAt: row.startedAt,
      tags: { ...row.tags },
    })),
    calls: { total: calls.total, byAction: { ...calls.byAction } },
    recentCalls: calls.recent,
    faults: shownFaults(state),
    invariants: broken(world),
  };
}

/** What must never be: an own volume that hangs nowhere while nothing replaced it, a server without root, a device held twice. */
function broken(world: World): string[] {
  const found: string[] = [];
  const held = new Map<string, string>();
  const rooted = new Set<string>();
  for (const { id, attachment, tags, state } of world.volumes.values()) {
    if (attachment === undefined) {
      const orphan =
        tags['deckhand:op'] !== undefined && tags['deckhand:restore-hold-until'] === undefined && state === 'available';
      if (orphan) found.push(`${id} was made by Deckhand and hangs on no server`);
      continue;
    }
    const place = `${attachment.instanceId} ${attachment.device}`;
    if (held.has(place)) found.push(`${place} holds ${held.get(place)} and ${id}`);
    held.set(place, id);
    if (attachment.root) rooted.add(attachment.instanceId);
  }
  for (const id of world.instances.keys()) if (!rooted.has(id)) found.push(`${id} has no root volume`);
  return found;
}
