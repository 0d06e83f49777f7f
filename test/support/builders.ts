import type { Instance, Snapshot, Volume } from '#ports/cloud.ts';

/** A running server with a root and one data disk; a test changes only what matters to it. */
export function anInstance(change: Partial<Instance> = {}): Instance {
  return {
    id: 'i-00000001',
    name: 'db-1',
    state: 'running',
    type: 'm7g.large',
    zone: 'us-east-1a',
    tags: { Name: 'db-1', env: 'prod' },
    launchedAt: 0,
    rootDevice: '/dev/xvda',
    mappings: [
      { device: '/dev/xvda', volumeId: 'vol-0000000a', deleteOnTermination: true, state: 'attached' },
      { device: '/dev/sdf', volumeId: 'vol-0000000b', deleteOnTermination: false, state: 'attached' },
    ],
    publicIpChangesOnStop: false,
    marketplace: false,
    instanceStore: false,
    ...change,
  };
}

export function aVolume(change: Partial<Volume> = {}): Volume {
  return {
    id: 'vol-0000000b',
    name: 'db-1-data',
    state: 'in-use',
    sizeGiB: 100,
    type: 'gp3',
    iops: 4_000,
    throughput: 250,
    encrypted: true,
    kmsKeyId: 'arn:aws:kms:us-east-1:1:key/k',
    zone: 'us-east-1a',
    tags: { Name: 'db-1-data' },
    multiAttach: false,
    attachments: [{ instanceId: 'i-00000001', device: '/dev/sdf', state: 'attached', deleteOnTermination: false }],
    createdAt: 0,
    ...change,
  };
}

export function aSnapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    id: 'snap-00000001',
    volumeId: 'vol-0000000b',
    state: 'completed',
    progress: 100,
    startedAt: 1_000,
    sizeGiB: 100,
    tier: 'standard',
    tags: {},
    encrypted: true,
    description: '',
    ...change,
  };
}
