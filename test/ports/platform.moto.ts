import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateDefaultSubnetCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { inject, vi } from 'vitest';

import { createAwsPlatform } from '#aws/platform.ts';
import type { InstanceId } from '#ports/ids.ts';
import { createLog, realClock } from '#test/aws/support.ts';
import { motoImage } from '#test/support/moto.ts';

import { platformSuite } from './platform.suite.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };

platformSuite('the AWS adapters on moto', async () => {
  const url = inject('motoUrl');
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  const client = { region, endpoint: url, credentials };
  const subnets = await subnetsOf(new EC2Client(client));
  const server = await launchGroup(new AutoScalingClient(client));
  await createService(new ECSClient(client));
  await createBalancer(new ElasticLoadBalancingV2Client(client), subnets, server);
  const { KeyMetadata } = await new KMSClient(client).send(new CreateKeyCommand({}));
  const object = { bucket: 'states', key: 'prod/terraform.tfstate' };
  await putObject(new S3Client({ ...client, forcePathStyle: true }), object);
  return {
    platform: createAwsPlatform({ region, credentials, clock: realClock, log: createLog() }),
    // Where moto 5.2 differs from AWS. Source: its answers.
    capabilities: { reachesServers: false, beginsDeployments: false, missesGroups: false },
    server,
    service: { cluster: 'default', service: 'shop' },
    balancer: 'shop',
    key: KeyMetadata!.KeyId!,
    policy: undefined,
    object,
    group: 'web',
    close: () => Promise.resolve(void vi.unstubAllEnvs()),
  };
});

/** Two subnets in two zones, with the address of their network. */
async function subnetsOf(ec2: EC2Client): Promise<{ ids: string[]; vpc: string }> {
  const find = async () => (await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? [];
  if ((await find()).length < 2)
    for (const AvailabilityZone of [`${region}a`, `${region}b`])
      await ec2.send(new CreateDefaultSubnetCommand({ AvailabilityZone }));
  const [one, other] = await find();
  return { ids: [one!.SubnetId!, other!.SubnetId!], vpc: one!.VpcId! };
}

async function launchGroup(scaling: AutoScalingClient): Promise<InstanceId> {
  await scaling.send(
    new CreateLaunchConfigurationCommand({
      LaunchConfigurationName: 'web',
      ImageId: motoImage.ami_id,
      InstanceType: 't3.large',
    }),
  );
  await scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'web',
      LaunchConfigurationName: 'web',
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 2,
      AvailabilityZones: [`${region}a`],
    }),
  );
  const { AutoScalingGroups } = await scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['web'] }),
  );
  return AutoScalingGroups![0]!.Instances![0]!.InstanceId as InstanceId;
}

async function createService(ecs: ECSClient): Promise<void> {
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'shop',
      containerDefinitions: [{ name: 'shop', image: 'shop:1', memory: 128, cpu: 1 }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({ cluster: 'default', serviceName: 'shop', taskDefinition: 'shop', desiredCount: 2 }),
  );
}

async function createBalancer(
  balancing: ElasticLoadBalancingV2Client,
  subnets: { ids: string[]; vpc: string },
  server: InstanceId,
): Promise<void> {
  const { LoadBalancers } = await balancing.send(
    new CreateLoadBalancerCommand({ Name: 'shop', Subnets: subnets.ids, Type: 'application' }),
  );
  const { TargetGroups } = await balancing.send(
    new CreateTargetGroupCommand({
      Name: 'web',
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: subnets.vpc,
      HealthCheckPath: '/health',
    }),
  );
  const { TargetGroupArn } = TargetGroups![0]!;
  await balancing.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  await balancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: server }] }));
}

async function putObject(s3: S3Client, { bucket, key }: { bucket: string; key: string }): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: '{"version": 4}' }));
}
