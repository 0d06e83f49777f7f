import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import type { InstanceRow, SnapshotRow, VolumeRow, World } from './model.ts';
import { seedWorld } from './seed.ts';

export type State = {
  world: World;
  /** Lets everything happen whose time has come. */
  settle: () => void;
  /** `real` ms of AWS, at this speed. */
  after: (real: number) => number;
  now: () => number;
  id: (prefix: string) => string;
  /** To be called after each change: tells listeners and writes the file soon. */
  changed: () => void;
  onChange: (listener: () => void) => void;
  save: () => void;
  reset: () => void;
};

/** The world, its clockwork and its file. */
export function createState(of: {
  instances: number;
  speed: number;
  stateFile: string | undefined;
  now: () => number;
}): State {
  let world = load(of.stateFile) ?? seedWorld(of.instances, of.now());
  const listeners: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  function save(): void {
    clearTimeout(timer);
    timer = undefined;
    if (of.stateFile === undefined) return;
    const text = JSON.stringify(world, (_key, value: unknown) =>
      value instanceof Map ? { $map: [...value] } : value instanceof Set ? { $set: [...value] } : value,
    );
    writeFileSync(`${of.stateFile}.new`, text);
    renameSync(`${of.stateFile}.new`, of.stateFile);
  }

  function changed(): void {
    timer ??= setTimeout(save, 50);
    for (const listener of listeners) listener();
  }

  function settle(): void {
    const now = of.now();
    for (const instance of world.instances.values()) settleInstance(instance, now);
    for (const volume of world.volumes.values())
      if (settleVolume(volume, now) === 'gone') world.volumes.delete(volume.id);
    for (const { attachment } of world.volumes.values()) {
      const free = attachment?.state === 'busy' && world.instances.get(attachment.instanceId)?.state === 'stopped';
      if (free) Object.assign(attachment, { state: 'detaching', change: { at: now, to: 'gone' } });
    }
    for (const snapshot of world.snapshots.values()) settleSnapshot(snapshot, now);
  }

  return {
    get world() {
      return world;
    },
    settle,
    now: of.now,
    after: (real) => of.now() + real / of.speed,
    id: (prefix) =>
      `${prefix}-${(0x0d00_0000_0000_0000n + BigInt(world.nextId++)).toString(16).padStart(17, '0').slice(-17)}`,
    changed,
    onChange: (listener) => void listeners.push(listener),
    save,
    reset: () => {
      world = seedWorld(of.instances, of.now());
      changed();
    },
  };
}

function settleInstance(instance: InstanceRow, now: number): void {
  const { change } = instance;
  if (change === undefined || change.at > now) return;
  instance.state = change.to;
  instance.change = undefined;
}

function settleVolume(volume: VolumeRow, now: number): 'gone' | undefined {
  const { change, attachment } = volume;
  if (change !== undefined && change.at <= now) {
    if (change.to === 'gone') return 'gone';
    volume.state = change.to;
    volume.change = undefined;
  }
  if (attachment?.change === undefined || attachment.change.at > now) return undefined;
  if (attachment.change.to === 'gone') {
    volume.attachment = undefined;
    volume.state = 'available';
    return undefined;
  }
  attachment.state = attachment.change.to;
  attachment.change = undefined;
  return undefined;
}

function settleSnapshot(snapshot: SnapshotRow, now: number): void {
  const { change } = snapshot;
  if (change === undefined || change.at > now) return;
  snapshot.state = change.to;
  if (change.to === 'completed') snapshot.completedAt = change.at;
  snapshot.change = undefined;
}

/** The world of an earlier sandbox; nothing when there is none. */
function load(file: string | undefined): World | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8'), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$map' in value) return new Map(value.$map as [string, unknown][]);
    return '$set' in value ? new Set(value.$set as string[]) : value;
  }) as World;
}
