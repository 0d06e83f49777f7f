import { describe, expect, test } from 'vitest';

import type { Cloud } from '#ports/cloud.ts';

import { type Answer, answerAws, caught, cloudWith, createLog, failure, reply, useAnswers } from './support.ts';

const snapshotId = 'snap-0123456789abcdef0';
const volumeId = 'vol-0123456789abcdef0';
const instanceId = 'i-0123456789abcdef0';
const imageId = 'ami-0123456789abcdef0';
const noon = Date.parse('2026-11-01T12:00:00Z');

useAnswers();

describe('what guards snapshots', () => {
  test('images are the own ones, disabled and deprecated ones too', async () => {
    const received = answerAws({
      DescribeImages: reply(
        'DescribeImages',
        `<imagesSet><item><imageId>${imageId}</imageId><name>golden</name><imageState>disabled</imageState><creationDate>2026-11-01T12:00:00.000Z</creationDate><deprecationTime>2026-11-01T12:00:00.000Z</deprecationTime><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><snapshotId>${snapshotId}</snapshotId></ebs></item><item><deviceName>/dev/sdb</deviceName><virtualName>ephemeral0</virtualName></item></blockDeviceMapping></item></imagesSet>`,
      ),
    });

    expect(await cloudWith().images()).toEqual([
      {
        id: imageId,
        name: 'golden',
        state: 'disabled',
        createdAt: noon,
        deprecatedAt: noon,
        snapshotIds: [snapshotId],
      },
    ]);
    expect(received[0]!.form).toMatchObject({
      'Owner.1': 'self',
      IncludeDisabled: 'true',
      IncludeDeprecated: 'true',
      MaxResults: '500',
    });
  });

  test('every version of every launch template counts, of which only those that name something are told', async () => {
    const version = (number: number, data: string) =>
      `<item><launchTemplateId>lt-1</launchTemplateId><launchTemplateName>web</launchTemplateName><versionNumber>${number}</versionNumber><launchTemplateData>${data}</launchTemplateData></item>`;
    const received = answerAws({
      DescribeLaunchTemplates: reply(
        'DescribeLaunchTemplates',
        '<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId></item></launchTemplates>',
      ),
      DescribeLaunchTemplateVersions: [
        reply(
          'DescribeLaunchTemplateVersions',
          `<launchTemplateVersionSet>${version(2, '<imageId>resolve:ssm:golden</imageId>')}</launchTemplateVersionSet><nextToken>more</nextToken>`,
        ),
        reply(
          'DescribeLaunchTemplateVersions',
          `<launchTemplateVersionSet>${version(1, `<blockDeviceMappingSet><item><ebs><snapshotId>${snapshotId}</snapshotId></ebs></item></blockDeviceMappingSet>`)}${version(0, '<instanceType>t3.micro</instanceType>')}</launchTemplateVersionSet>`,
        ),
      ],
    });

    expect(await cloudWith().launchTemplateSnapshots()).toEqual([
      { templateId: 'lt-1', templateName: 'web', version: 2, imageId: 'resolve:ssm:golden', snapshotIds: [] },
      { templateId: 'lt-1', templateName: 'web', version: 1, snapshotIds: [snapshotId] },
    ]);
    expect(received.map(({ form }) => form['MaxResults'])).toEqual(['200', '200', '200']);
    expect(received[1]!.form).toMatchObject({ LaunchTemplateId: 'lt-1' });
  });

  const lists: readonly [
    action: string,
    ask: (cloud: Cloud) => Promise<readonly unknown[]>,
    xml: string,
    is: unknown,
  ][] = [
    [
      'DescribeLockedSnapshots',
      (cloud) => cloud.lockedSnapshots(),
      `<snapshotSet><item><snapshotId>${snapshotId}</snapshotId><lockState>governance</lockState><lockExpiresOn>2026-11-01T12:00:00.000Z</lockExpiresOn></item></snapshotSet>`,
      { id: snapshotId, state: 'governance', until: noon },
    ],
    [
      'DescribeFastSnapshotRestores',
      (cloud) => cloud.fastRestores(),
      `<fastSnapshotRestoreSet><item><snapshotId>${snapshotId}</snapshotId><availabilityZone>us-east-1a</availabilityZone><state>enabled</state></item></fastSnapshotRestoreSet>`,
      { snapshotId, zone: 'us-east-1a', state: 'enabled' },
    ],
    [
      'DescribeSnapshotTierStatus',
      (cloud) => cloud.archivedSnapshots(),
      `<snapshotTierStatusSet><item><snapshotId>${snapshotId}</snapshotId><lastTieringOperationStatus>archival-completed</lastTieringOperationStatus><archivalCompleteTime>2026-11-01T12:00:00.000Z</archivalCompleteTime></item></snapshotTierStatusSet>`,
      { id: snapshotId, status: 'archival-completed', archivedAt: noon },
    ],
    [
      'ListSnapshotsInRecycleBin',
      (cloud) => cloud.recycleBin(),
      `<snapshotSet><item><snapshotId>${snapshotId}</snapshotId><volumeId>${volumeId}</volumeId><recycleBinExitTime>2026-11-01T12:00:00.000Z</recycleBinExitTime></item></snapshotSet>`,
      { id: snapshotId, until: noon, volumeId },
    ],
    [
      'ListVolumesInRecycleBin',
      (cloud) => cloud.binnedVolumes(),
      `<volumeSet><item><volumeId>${volumeId}</volumeId><recycleBinExitTime>2026-11-01T12:00:00.000Z</recycleBinExitTime></item></volumeSet>`,
      { id: volumeId, until: noon },
    ],
  ];

  test.each(lists)('%s is read to its last page, over an empty one too', async (action, ask, xml, is) => {
    const received = answerAws({
      [action]: [
        reply(action, `${xml}<nextToken>two</nextToken>`),
        reply(action, '<nextToken>three</nextToken>'),
        reply(action, xml),
      ],
    });

    expect(await ask(cloudWith())).toEqual([is, is]);
    expect(received.map(({ form }) => form['NextToken'])).toEqual([undefined, 'two', 'three']);
    for (const { form } of received) expect(Number(form['MaxResults'])).toBeGreaterThanOrEqual(5);
  });

  test('archived snapshots are asked for alone: without a filter every snapshot is in the list', async () => {
    const received = answerAws({ DescribeSnapshotTierStatus: reply('DescribeSnapshotTierStatus', '') });

    await cloudWith().archivedSnapshots();

    expect(received[0]!.form).toMatchObject({
      'Filter.1.Name': 'last-tiering-operation',
      'Filter.1.Value.2': 'archival-completed',
      'Filter.1.Value.9': 'temporary-restore-failed',
    });
  });

  test('a snapshot is shared with accounts and with everybody', async () => {
    const received = answerAws({
      DescribeSnapshotAttribute: reply(
        'DescribeSnapshotAttribute',
        `<snapshotId>${snapshotId}</snapshotId><createVolumePermission><item><userId>111122223333</userId></item><item><group>all</group></item></createVolumePermission>`,
      ),
    });

    expect(await cloudWith().sharedWith(snapshotId)).toEqual(['111122223333', 'all']);
    expect(received[0]!.form).toMatchObject({ SnapshotId: snapshotId, Attribute: 'createVolumePermission' });
  });

  test('an image that is gone counts as deregistered', async () => {
    answerAws({ DeregisterImage: failure(400, 'InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`) });

    await expect(cloudWith().deregisterImage(imageId)).resolves.toBeUndefined();
  });
});

describe('copies', () => {
  const copy = {
    sourceRegion: 'eu-west-1',
    snapshotId,
    tags: { 'deckhand:op': 't1' },
    description: 'off-site – copy',
  } as const;
  const answer: Answer = reply('CopySnapshot', '<snapshotId>snap-0000000000000000c</snapshotId>');

  test('are asked for once, of the destination, tagged at creation', async () => {
    const received = answerAws({ CopySnapshot: answer });

    expect(await cloudWith().copySnapshot({ ...copy, kmsKeyId: 'alias/backup' })).toBe('snap-0000000000000000c');

    expect(received[0]!.form).toMatchObject({
      SourceRegion: 'eu-west-1',
      SourceSnapshotId: snapshotId,
      DestinationRegion: 'us-east-1',
      Description: 'off-site  copy',
      Encrypted: 'true',
      KmsKeyId: 'alias/backup',
      'TagSpecification.1.ResourceType': 'snapshot',
      'TagSpecification.1.Tag.1.Value': 't1',
    });
  });

  test('leave no word of the signed address in the log, whether they work or not', async () => {
    const received = answerAws({
      CopySnapshot: [answer, failure(400, 'ResourceLimitExceeded', 'Too many snapshot copies in progress.')],
    });
    const log = createLog();
    const cloud = cloudWith({ log });

    await cloud.copySnapshot(copy);
    const refused = await caught(cloud.copySnapshot(copy));

    expect(refused.code).toBe('over-limit');
    expect(received[0]!.form['PresignedUrl']).toContain('X-Amz-Signature');
    expect(JSON.stringify([log.lines, refused])).not.toMatch(/X-Amz|Signature|Presigned/i);
  });

  test('that get no clear answer are not sent again', async () => {
    const received = answerAws({ CopySnapshot: failure(500, 'InternalError', 'An internal error has occurred') });

    expect((await caught(cloudWith().copySnapshot(copy))).code).toBe('ambiguous');
    expect(received).toHaveLength(1);
  });

  test.each([
    [true, 'add'],
    [false, 'remove'],
  ])('to another account need the source to be shared: %s', async (shared, operation) => {
    const received = answerAws({ ModifySnapshotAttribute: reply('ModifySnapshotAttribute', '<return>true</return>') });

    await cloudWith().shareSnapshot({ snapshotId, account: '111122223333', shared });

    expect(received[0]!.form).toMatchObject({
      SnapshotId: snapshotId,
      Attribute: 'createVolumePermission',
      OperationType: operation,
      'UserId.1': '111122223333',
    });
  });
});

describe('volume health', () => {
  test('tells status, disabled I/O, events, actions and how far the blocks have come', async () => {
    answerAws({
      DescribeVolumeStatus: reply(
        'DescribeVolumeStatus',
        `<volumeStatusSet><item><volumeId>${volumeId}</volumeId><volumeStatus><status>impaired</status><details><item><name>io-enabled</name><status>failed</status></item><item><name>io-performance</name><status>stalled</status></item></details></volumeStatus><eventsSet><item><eventId>evol-1</eventId><eventType>potential-data-inconsistency</eventType><description>May be inconsistent</description><notBefore>2026-11-01T12:00:00.000Z</notBefore></item></eventsSet><actionsSet><item><code>enable-volume-io</code><description>Enable volume I/O</description><eventId>evol-1</eventId></item></actionsSet><initializationStatusDetails><initializationType>provisioned-rate</initializationType><progress>40</progress><estimatedTimeToCompleteInSeconds>120</estimatedTimeToCompleteInSeconds></initializationStatusDetails></item><item><volumeId>vol-00000002</volumeId><volumeStatus><status>ok</status></volumeStatus></item></volumeStatusSet>`,
      ),
    });

    expect(await cloudWith().volumeHealth()).toEqual([
      {
        volumeId,
        status: 'impaired',
        ioEnabled: false,
        ioPerformance: 'stalled',
        events: [
          { id: 'evol-1', type: 'potential-data-inconsistency', description: 'May be inconsistent', notBefore: noon },
        ],
        actions: [{ code: 'enable-volume-io', description: 'Enable volume I/O', eventId: 'evol-1' }],
        initialization: { type: 'provisioned-rate', progress: 40, secondsLeft: 120 },
      },
      { volumeId: 'vol-00000002', status: 'ok', ioEnabled: true, events: [], actions: [] },
    ]);
  });

  test('of chosen volumes is asked for 500 ids at a time, of none not at all', async () => {
    const received = answerAws({ DescribeVolumeStatus: reply('DescribeVolumeStatus', '<volumeStatusSet/>') });
    const ids = Array.from({ length: 1_100 }, (_, at) => `vol-${at.toString(16).padStart(8, '0')}` as const);

    await cloudWith().volumeHealth(ids);
    expect(await cloudWith().volumeHealth([])).toEqual([]);

    const counts = received.map(({ form }) => Object.keys(form).filter((key) => key.startsWith('VolumeId.')).length);
    expect(counts).toEqual([500, 500, 100]);
    expect(received[0]!.form).not.toHaveProperty('MaxResults');
  });
});

describe('facts about instances', () => {
  test.each([
    ['disableApiStop', (cloud: Cloud) => cloud.stopProtection(instanceId)],
    ['disableApiTermination', (cloud: Cloud) => cloud.terminationProtection(instanceId)],
  ])('%s is asked for by name', async (attribute, ask) => {
    const received = answerAws({
      DescribeInstanceAttribute: [
        reply(
          'DescribeInstanceAttribute',
          `<instanceId>${instanceId}</instanceId><${attribute}><value>true</value></${attribute}>`,
        ),
        reply('DescribeInstanceAttribute', `<instanceId>${instanceId}</instanceId>`),
      ],
    });

    expect(await ask(cloudWith())).toBe(true);
    expect(await ask(cloudWith())).toBe(false);
    expect(received[0]!.form).toMatchObject({ Attribute: attribute, InstanceId: instanceId });
  });

  test('types without a known limit of attachments are left out', async () => {
    const type = (name: string, inner: string) =>
      `<item><instanceType>${name}</instanceType><ebsInfo>${inner}</ebsInfo></item>`;
    const received = answerAws({
      DescribeInstanceTypes: reply(
        'DescribeInstanceTypes',
        `<instanceTypeSet>${type('m7i.large', '<maximumEbsAttachments>32</maximumEbsAttachments><attachmentLimitType>dedicated</attachmentLimitType>')}${type('t3.large', '<maximumEbsAttachments>27</maximumEbsAttachments><attachmentLimitType>shared</attachmentLimitType>')}${type('old.large', '')}</instanceTypeSet>`,
      ),
    });

    expect(await cloudWith().attachmentLimits(['m7i.large', 't3.large', 'old.large'])).toEqual({
      'm7i.large': { most: 32, shared: false },
      't3.large': { most: 27, shared: true },
    });
    expect(await cloudWith().attachmentLimits([])).toEqual({});
    expect(received.map(({ form }) => form['MaxResults'])).toEqual(['100']);
  });

  test('zones are those of the Region', async () => {
    answerAws({
      DescribeAvailabilityZones: reply(
        'DescribeAvailabilityZones',
        '<availabilityZoneInfo><item><zoneName>us-east-1a</zoneName><zoneId>use1-az1</zoneId><zoneState>available</zoneState></item></availabilityZoneInfo>',
      ),
    });

    expect(await cloudWith().zones()).toEqual([{ name: 'us-east-1a', id: 'use1-az1', state: 'available' }]);
  });

  test('the console is read as it is now, cut to its last 64 KiB; older machines tell what they last kept', async () => {
    const long = `start${'x'.repeat(70_000)}end`;
    const received = answerAws({
      GetConsoleOutput: [
        reply(
          'GetConsoleOutput',
          `<output>${Buffer.from(long).toString('base64')}</output><timestamp>2026-11-01T12:00:00.000Z</timestamp>`,
        ),
        failure(400, 'UnsupportedOperation', 'This instance type does not support retrieving the latest console logs.'),
        reply('GetConsoleOutput', `<output>${Buffer.from('kept').toString('base64')}</output>`),
        reply('GetConsoleOutput', ''),
      ],
    });
    const cloud = cloudWith();

    const now = await cloud.consoleOutput(instanceId);
    expect(now).toEqual({ text: long.slice(-65_536), at: noon });
    expect(await cloud.consoleOutput(instanceId)).toEqual({ text: 'kept' });
    expect(await cloud.consoleOutput(instanceId)).toEqual({ text: '' });
    expect(received.map(({ form }) => form['Latest'])).toEqual(['true', 'true', undefined, 'true']);
  });

  test('an event is moved by its id', async () => {
    const received = answerAws({ ModifyInstanceEventStartTime: reply('ModifyInstanceEventStartTime', '<event/>') });

    await cloudWith().moveEvent({ instanceId, eventId: 'instance-event-1', notBefore: noon });

    expect(received[0]!.form).toMatchObject({
      InstanceId: instanceId,
      InstanceEventId: 'instance-event-1',
      NotBefore: '2026-11-01T12:00:00Z',
    });
  });

  test('volume I/O is enabled by id', async () => {
    const received = answerAws({ EnableVolumeIO: reply('EnableVolumeIO', '<return>true</return>') });

    await cloudWith().enableVolumeIO(volumeId);

    expect(received[0]!.form).toMatchObject({ VolumeId: volumeId });
  });
});
