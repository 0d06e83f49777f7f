import { CreateTagsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { inject, vi } from 'vitest';

import { createCloud } from '#aws/cloud.ts';
import { createLog, realClock } from '#test/aws/support.ts';
import { motoImage } from '#test/support/moto.ts';

import { type Capabilities, cloudSuite } from './cloud.suite.ts';

/** Where moto 5.2 differs from AWS. Source: its answers; https://docs.getmoto.org/en/latest/docs/services/ec2.html */
const capabilities: Capabilities = {
  remembersTokens: false,
  refusesTakenDevices: false,
  copiesTagsAndExcludes: false,
  reservesTags: false,
  refusesRebootOfStopped: false,
  keepsRunningRoots: false,
  escapesBackslashes: false,
  lacks: ['CreateReplaceRootVolumeTask', 'ModifyInstanceEventStartTime'],
  cannotTell: [
    'volumeHealth',
    'rootTasks',
    'lockedSnapshots',
    'fastRestores',
    'archivedSnapshots',
    'recycleBin',
    'binnedVolumes',
  ],
  guardsImages: true,
};

cloudSuite('the AWS adapter on moto', async () => {
  const url = inject('motoUrl');
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', url);
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  await launchFleet(new EC2Client({ region: 'us-east-1', endpoint: url, credentials }), 12);
  // Pages of five show that all of them are read; moto counts reservations, hence one instance a launch.
  const cloud = createCloud({ region: 'us-east-1', credentials, clock: realClock, log: createLog(), pageSize: 5 });
  return { cloud, capabilities, url, close: () => Promise.resolve(void vi.unstubAllEnvs()) };
});

async function launchFleet(client: EC2Client, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const { Instances } = await client.send(
      new RunInstancesCommand({
        ImageId: motoImage.ami_id,
        MinCount: 1,
        MaxCount: 1,
        Placement: { AvailabilityZone: 'us-east-1a' },
        // Without a mapping of its own moto puts the root at another device than the image says.
        BlockDeviceMappings: [
          { DeviceName: motoImage.root_device_name, Ebs: { VolumeSize: 8, DeleteOnTermination: true } },
          { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 10, VolumeType: 'gp3', DeleteOnTermination: false } },
        ],
      }),
    );
    await client.send(
      new CreateTagsCommand({ Resources: [Instances![0]!.InstanceId!], Tags: [{ Key: 'Name', Value: `web-${at}` }] }),
    );
  }
  client.destroy();
}
