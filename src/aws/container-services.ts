import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { ContainerService, Deployment, ServiceName, Services } from '#ports/platform.ts';

import { given, instant, many, text } from './reading.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { ecs } from './services.ts';

const mostEvents = 10;

/** ECS of one account and Region. */
export function createContainerServices(options: SenderOptions): Services & { close: () => void } {
  const { send, close } = createSender({ service: ecs, load: () => import('./ecs-sdk.ts') }, options);

  async function service({ cluster, service: name }: ServiceName): Promise<ContainerService> {
    const input = { cluster, services: [name] };
    const { services } = await send(
      { action: 'DescribeServices', command: (sdk) => new sdk.DescribeServicesCommand(input) },
      z.object({ services: many(ServiceReply) }),
    );
    const [found] = services;
    if (found === undefined || found.status === 'INACTIVE')
      throw new Refusal(
        'not-found',
        `There is no service ${name} in the ECS cluster ${cluster}. Check both names, the account and the Region.`,
        { action: 'ecs:DescribeServices', awsCode: 'ServiceNotFoundException' },
      );
    return { ...found, cluster };
  }

  async function redeploy({ cluster, service: name }: ServiceName): Promise<Deployment> {
    const input = { cluster, service: name, forceNewDeployment: true };
    const { service: after } = await send(
      { action: 'UpdateService', once: true, command: (sdk) => new sdk.UpdateServiceCommand(input) },
      z.object({ service: ServiceReply.refine(({ deployments }) => deployments.length > 0) }),
    );
    return after.deployments.find(({ status }) => status === 'PRIMARY') ?? (after.deployments[0] as Deployment);
  }

  return { service, redeploy, close };
}

const DeploymentReply = z
  .object({
    id: z.string(),
    status: z.string(),
    rolloutState: text,
    rolloutStateReason: text,
    desiredCount: z.number(),
    runningCount: z.number(),
    pendingCount: z.number(),
    failedTasks: z.number().optional(),
    createdAt: instant,
  })
  .transform((reply): Deployment => ({
    id: reply.id,
    status: reply.status,
    ...given('rollout', reply.rolloutState),
    ...given('rolloutReason', reply.rolloutStateReason),
    desired: reply.desiredCount,
    running: reply.runningCount,
    pending: reply.pendingCount,
    failedTasks: reply.failedTasks ?? 0,
    createdAt: reply.createdAt,
  }));

const ServiceReply = z
  .object({
    serviceName: z.string(),
    status: z.string(),
    desiredCount: z.number(),
    runningCount: z.number(),
    pendingCount: z.number(),
    taskDefinition: text,
    deployments: many(DeploymentReply),
    events: many(z.object({ createdAt: instant, message: z.string() })),
  })
  .transform((reply): Omit<ContainerService, 'cluster'> => ({
    name: reply.serviceName,
    status: reply.status,
    desired: reply.desiredCount,
    running: reply.runningCount,
    pending: reply.pendingCount,
    taskDefinition: reply.taskDefinition ?? '',
    deployments: reply.deployments,
    events: reply.events.slice(0, mostEvents).map(({ createdAt, message }) => ({ at: createdAt, text: message })),
  }));
