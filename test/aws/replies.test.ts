import { expect, test } from 'vitest';

import { answerAws, caught, cloudWith, reply, useAnswers } from './support.ts';

useAnswers();

function instanceXml(inner: string): string {
  return `<reservationSet><item><ownerId>123456789012</ownerId><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><instanceState><code>16</code><name>running</name></instanceState><instanceType>t3.micro</instanceType><placement><availabilityZone>us-east-1a</availabilityZone></placement><launchTime>2026-11-01T10:00:00.000Z</launchTime>${inner}</item></instancesSet></item></reservationSet>`;
}

async function oneInstance(inner: string) {
  answerAws({ DescribeInstances: reply('DescribeInstances', instanceXml(inner)) });
  const [instance] = await cloudWith().instances({});
  return instance!;
}

test('an instance is told in our words', async () => {
  const instance = await oneInstance(
    `<rootDeviceName>/dev/xvda</rootDeviceName><privateIpAddress>10.0.0.5</privateIpAddress>
     <stateReason><code>Client.UserInitiatedShutdown</code><message>x</message></stateReason>
     <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-00000001</volumeId><status>attached</status><deleteOnTermination>true</deleteOnTermination></ebs></item><item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-00000002</volumeId><status>busy</status></ebs></item></blockDeviceMapping>
     <tagSet><item><key>Name</key><value>web &amp; co</value></item><item><key>aws:autoscaling:groupName</key><value>web-asg</value></item><item><key>__proto__</key><value>odd</value></item></tagSet>
     <operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator>
     <productCodes><item><productCode>abc</productCode><type>marketplace</type></item></productCodes>
     <platform>Windows</platform><architecture>x86_64</architecture><maintenanceOptions><autoRecovery>disabled</autoRecovery></maintenanceOptions>`,
  );

  expect(instance).toEqual({
    id: 'i-0123456789abcdef0',
    name: 'web & co',
    state: 'running',
    stateReason: 'Client.UserInitiatedShutdown',
    type: 't3.micro',
    zone: 'us-east-1a',
    tags: Object.fromEntries([
      ['Name', 'web & co'],
      ['aws:autoscaling:groupName', 'web-asg'],
      ['__proto__', 'odd'],
    ]),
    launchedAt: Date.parse('2026-11-01T10:00:00Z'),
    rootDevice: '/dev/xvda',
    mappings: [
      { device: '/dev/xvda', volumeId: 'vol-00000001', deleteOnTermination: true, state: 'attached' },
      { device: '/dev/sdf', volumeId: 'vol-00000002', deleteOnTermination: false, state: 'busy' },
    ],
    privateIp: '10.0.0.5',
    publicIpChangesOnStop: false,
    autoScalingGroup: 'web-asg',
    managedBy: 'eks.amazonaws.com',
    marketplace: true,
    instanceStore: false,
    platform: 'windows',
    architecture: 'x86_64',
    autoRecovery: 'disabled',
  });
});

test('a bare instance has empty lists and no invented fields', async () => {
  const instance = await oneInstance('<operator><managed>false</managed></operator>');

  expect(instance).toMatchObject({ name: '', tags: {}, rootDevice: '', mappings: [], marketplace: false });
  for (const field of [
    'platform',
    'placementGroup',
    'fabric',
    'tenancy',
    'autoRecovery',
    'stateReason',
    'privateIp',
    'publicIp',
    'autoScalingGroup',
    'managedBy',
  ])
    expect(instance).not.toHaveProperty(field);
});

test.each(['efa', 'efa-only'])('a machine with an interface of the type %s has a fabric of its own', async (type) => {
  const instance = await oneInstance(
    `<networkInterfaceSet><item><interfaceType>interface</interfaceType></item><item><interfaceType>${type}</interfaceType></item></networkInterfaceSet>`,
  );

  expect(instance).toMatchObject({ fabric: true, interfaces: 2 });
});

test('a machine on an instance store, in a placement group and on a host of its own is told as such', async () => {
  answerAws({
    DescribeInstances: reply(
      'DescribeInstances',
      instanceXml('<rootDeviceType>instance-store</rootDeviceType>').replace(
        '</availabilityZone>',
        '</availabilityZone><groupName>near</groupName><tenancy>host</tenancy>',
      ),
    ),
  });

  const [instance] = await cloudWith().instances({});

  expect(instance).toMatchObject({ instanceStore: true, placementGroup: 'near', tenancy: 'host' });
});

test.each([
  ['an address of AWS changes on stop', 'amazon', true],
  ['an Elastic IP stays', '123456789012', false],
])('%s', async (_name, owner, changes) => {
  const instance = await oneInstance(
    `<ipAddress>203.0.113.9</ipAddress><networkInterfaceSet><item><association><publicIp>203.0.113.9</publicIp><ipOwnerId>${owner}</ipOwnerId></association></item></networkInterfaceSet>`,
  );

  expect(instance).toMatchObject({ publicIp: '203.0.113.9', publicIpChangesOnStop: changes });
});

test('a public address of which AWS tells no owner is expected to change', async () => {
  expect(await oneInstance('<ipAddress>203.0.113.9</ipAddress>')).toMatchObject({ publicIpChangesOnStop: true });
});

test('terminated instances are left out, and asking for one by id says it is not there', async () => {
  const xml = instanceXml('').replace('<name>running</name>', '<name>terminated</name>');
  answerAws({ DescribeInstances: reply('DescribeInstances', xml) });

  expect(await cloudWith().instances({})).toEqual([]);
  expect((await caught(cloudWith().instances({ ids: ['i-0123456789abcdef0'] }))).data['ids']).toEqual([
    'i-0123456789abcdef0',
  ]);
});

test('states that AWS adds later pass through as words', async () => {
  const xml = instanceXml('').replace('<name>running</name>', '<name>hibernated</name>');
  answerAws({ DescribeInstances: reply('DescribeInstances', xml) });

  expect((await cloudWith().instances({}))[0]!.state).toBe('hibernated');
});

test('health has the three checks, the earliest impairment and the events', async () => {
  answerAws({
    DescribeInstanceStatus: reply(
      'DescribeInstanceStatus',
      `<instanceStatusSet><item><instanceId>i-0123456789abcdef0</instanceId><instanceState><name>running</name></instanceState>
       <systemStatus><status>impaired</status><details><item><name>reachability</name><status>failed</status><impairedSince>2026-11-20T10:00:00.000Z</impairedSince></item></details></systemStatus>
       <instanceStatus><status>impaired</status><details><item><name>reachability</name><status>failed</status><impairedSince>2026-11-20T09:00:00.000Z</impairedSince></item></details></instanceStatus>
       <eventsSet><item><code>instance-stop</code><description>The instance is running on degraded hardware</description><notBefore>2026-12-01T00:00:00.000Z</notBefore><notBeforeDeadline>2026-12-08T00:00:00.000Z</notBeforeDeadline></item><item><code>system-reboot</code><description>[Completed] Scheduled reboot</description></item></eventsSet></item></instanceStatusSet>`,
    ),
  });

  expect(await cloudWith().health()).toEqual([
    {
      instanceId: 'i-0123456789abcdef0',
      state: 'running',
      system: 'impaired',
      instance: 'impaired',
      ebs: 'not-applicable',
      impairedSince: Date.parse('2026-11-20T09:00:00Z'),
      events: [
        {
          code: 'instance-stop',
          description: 'The instance is running on degraded hardware',
          notBefore: Date.parse('2026-12-01T00:00:00Z'),
          deadline: Date.parse('2026-12-08T00:00:00Z'),
          completed: false,
        },
        { code: 'system-reboot', description: '[Completed] Scheduled reboot', completed: true },
      ],
    },
  ]);
});

test('a volume is told in our words; an attachment that is over is none', async () => {
  answerAws({
    DescribeVolumes: reply(
      'DescribeVolumes',
      `<volumeSet><item><volumeId>vol-00000001</volumeId><size>20</size><snapshotId>snap-00000001</snapshotId><availabilityZone>us-east-1a</availabilityZone><status>in-use</status><createTime>2026-11-01T00:00:00.000Z</createTime><volumeType>gp3</volumeType><iops>3000</iops><throughput>125</throughput><encrypted>true</encrypted><kmsKeyId>arn:k</kmsKeyId><multiAttachEnabled>false</multiAttachEnabled><volumeInitializationRate>200</volumeInitializationRate><fastRestored>false</fastRestored>
       <attachmentSet><item><volumeId>vol-00000001</volumeId><instanceId>i-00000001</instanceId><device>/dev/sdf</device><status>attaching</status><deleteOnTermination>true</deleteOnTermination></item><item><instanceId>i-00000002</instanceId><device>/dev/sdg</device><status>detached</status></item></attachmentSet>
       <tagSet><item><key>Name</key><value>data</value></item></tagSet></item>
       <item><volumeId>vol-00000002</volumeId><size>1</size><snapshotId/><availabilityZone>us-east-1a</availabilityZone><status>error</status><createTime>2026-11-01T00:00:00.000Z</createTime><volumeType>standard</volumeType></item></volumeSet>`,
    ),
  });

  expect(await cloudWith().volumes({})).toEqual([
    {
      id: 'vol-00000001',
      name: 'data',
      state: 'in-use',
      sizeGiB: 20,
      type: 'gp3',
      iops: 3000,
      throughput: 125,
      encrypted: true,
      kmsKeyId: 'arn:k',
      zone: 'us-east-1a',
      tags: { Name: 'data' },
      multiAttach: false,
      attachments: [{ instanceId: 'i-00000001', device: '/dev/sdf', state: 'attaching', deleteOnTermination: true }],
      snapshotId: 'snap-00000001',
      createdAt: Date.parse('2026-11-01T00:00:00Z'),
      initializationRate: 200,
      fastRestored: false,
    },
    {
      id: 'vol-00000002',
      name: '',
      state: 'error',
      sizeGiB: 1,
      type: 'standard',
      encrypted: false,
      zone: 'us-east-1a',
      tags: {},
      multiAttach: false,
      attachments: [],
      createdAt: Date.parse('2026-11-01T00:00:00Z'),
    },
  ]);
});

test('snapshots have progress as a number, their tier, and the reason of an error', async () => {
  const item = (inner: string) =>
    `<item><snapshotId>snap-0000000${inner.length % 10}</snapshotId><volumeId>vol-ffffffff</volumeId><startTime>2026-11-01T00:00:00.000Z</startTime><volumeSize>8</volumeSize>${inner}</item>`;
  answerAws({
    DescribeSnapshots: reply(
      'DescribeSnapshots',
      `<snapshotSet>${item('<status>pending</status><progress>99%</progress>')}${item('<status>error</status><progress></progress><statusMessage>Key disabled</statusMessage>')}${item('<status>completed</status><progress>100%</progress><completionTime>2026-11-01T00:01:00.000Z</completionTime><storageTier>archive</storageTier><encrypted>true</encrypted><kmsKeyId>arn:k</kmsKeyId><ownerId>123456789012</ownerId><fullSnapshotSizeInBytes>3221225472</fullSnapshotSizeInBytes><description>nightly</description>')}</snapshotSet>`,
    ),
  });

  const [pending, failed, completed] = await cloudWith().snapshots({});

  expect(pending).toMatchObject({
    state: 'pending',
    progress: 99,
    tier: 'standard',
    encrypted: false,
    volumeId: 'vol-ffffffff',
  });
  expect(pending).not.toHaveProperty('completedAt');
  expect(failed).toMatchObject({ state: 'error', progress: 0, message: 'Key disabled' });
  expect(completed).toMatchObject({
    progress: 100,
    tier: 'archive',
    encrypted: true,
    kmsKeyId: 'arn:k',
    ownerId: '123456789012',
    fullSizeBytes: 3 * 2 ** 30,
    description: 'nightly',
    completedAt: Date.parse('2026-11-01T00:01:00Z'),
  });
  for (const field of ['kmsKeyId', 'ownerId', 'fullSizeBytes']) expect(pending).not.toHaveProperty(field);
});

test('a reply that lacks what we rely on is refused by name, not guessed', async () => {
  answerAws({
    DescribeInstances: reply(
      'DescribeInstances',
      '<reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId></item></instancesSet></item></reservationSet>',
    ),
  });

  const error = await caught(cloudWith().instances({}));

  expect(error).toMatchObject({ name: 'Refusal', code: 'not-offered', data: { awsCode: 'UnreadableReply' } });
  expect(error.message).toContain('Reservations.0.Instances.0.State');
});
