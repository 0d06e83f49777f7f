import { z } from 'zod';

import { Problem } from '#sandbox/ec2/problems.ts';

import type { ContainerService, Deployment } from './model.ts';
import { action, type JsonService, seconds, type Surroundings } from './service.ts';

/** Ms of AWS until all tasks of a deployment run. A plausible value. */
const deploying = 60_000;
const failingAfter = 120_000;

const Describe = z.strictObject({
  cluster: z.string().default('default'),
  services: z.array(z.string()).min(1).max(10),
});
const Update = z.strictObject({
  cluster: z.string().default('default'),
  service: z.string(),
  forceNewDeployment: z.boolean().default(false),
});

/** ECS services by rolling deployment. */
export function createContainerServices(of: Surroundings): JsonService {
  const { state, now, speed } = of;

  function find(cluster: string, name: string): ContainerService | undefined {
    const { services } = state();
    if (!services.some((one) => one.cluster === shortName(cluster)))
      throw new Problem('ClusterNotFoundException', 'Cluster not found.');
    return services.find((one) => one.cluster === shortName(cluster) && one.name === shortName(name));
  }

  function describe({ cluster, services }: z.output<typeof Describe>): object {
    const found = services.map((name) => ({ name, service: find(cluster, name) }));
    return {
      services: found.flatMap(({ service }) => (service === undefined ? [] : [json(of, service)])),
      failures: found.flatMap(({ name, service }) =>
        service === undefined
          ? [{ arn: arnOf(of, 'service', `${shortName(cluster)}/${shortName(name)}`), reason: 'MISSING' }]
          : [],
      ),
    };
  }

  function update({ cluster, service: name, forceNewDeployment }: z.output<typeof Update>): object {
    const service = find(cluster, name);
    if (service === undefined) throw new Problem('ServiceNotFoundException', 'Service not found.');
    if (forceNewDeployment) {
      const kept = state();
      const fails = kept.failDeployments > 0;
      if (fails) kept.failDeployments -= 1;
      const id = `ecs-svc/7${String(++kept.made).padStart(18, '0')}`;
      service.deployments = [
        { id, createdAt: now(), endsAt: now() + (fails ? failingAfter : deploying) / speed, fails },
        ...service.deployments.slice(0, 1),
      ];
      if (!fails) service.running = service.desired;
      of.changed();
      if (!fails) of.restarted({ kind: 'service' });
    }
    return { service: json(of, service) };
  }

  return {
    kind: 'json',
    prefix: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    actions: { DescribeServices: action(Describe, describe), UpdateService: action(Update, update) },
  };
}

function arnOf({ servers }: Surroundings, kind: string, name: string): string {
  return `arn:aws:ecs:${servers.region()}:${servers.account()}:${kind}/${name}`;
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function json(of: Surroundings, service: ContainerService): object {
  const now = of.now();
  const [newest, before] = service.deployments;
  const isOver = newest === undefined || now >= newest.endsAt;
  const shown = service.deployments.filter((one) => one === newest || (one === before && (!isOver || newest?.fails)));
  return {
    serviceArn: arnOf(of, 'service', `${service.cluster}/${service.name}`),
    clusterArn: arnOf(of, 'cluster', service.cluster),
    serviceName: service.name,
    status: 'ACTIVE',
    desiredCount: service.desired,
    runningCount: service.running,
    pendingCount: isOver ? 0 : 1,
    taskDefinition: arnOf(of, 'task-definition', `${service.name}:7`),
    schedulingStrategy: 'REPLICA',
    deployments: shown.map((one) => deploymentJson(of, { service, deployment: one, isNewest: one === newest })),
    events: newest === undefined ? [] : [eventOf(service, newest, isOver)],
  };
}

function deploymentJson(
  of: Surroundings,
  { service, deployment, isNewest }: { service: ContainerService; deployment: Deployment; isNewest: boolean },
): object {
  const { id, createdAt, endsAt, fails } = deployment;
  const isOver = of.now() >= endsAt;
  const rollout = !isOver ? 'IN_PROGRESS' : fails ? 'FAILED' : 'COMPLETED';
  return {
    id,
    status: isNewest ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: arnOf(of, 'task-definition', `${service.name}:7`),
    desiredCount: service.desired,
    runningCount: isNewest && (!isOver || fails) ? 0 : service.running,
    pendingCount: isOver ? 0 : 1,
    failedTasks: isOver && fails ? 3 : 0,
    createdAt: seconds(createdAt),
    updatedAt: seconds(Math.min(of.now(), endsAt)),
    rolloutState: rollout,
    rolloutStateReason: `ECS deployment ${id} ${said[rollout]}.`,
  };
}

const said = { IN_PROGRESS: 'in progress', FAILED: 'failed: tasks failed to start', COMPLETED: 'completed' } as const;

function eventOf({ name }: ContainerService, { id, createdAt, endsAt, fails }: Deployment, isOver: boolean): object {
  return {
    id,
    createdAt: seconds(isOver ? endsAt : createdAt),
    message: !isOver
      ? `(service ${name}) has started 1 tasks.`
      : fails
        ? `(service ${name}) (deployment ${id}) deployment failed: tasks failed to start.`
        : `(service ${name}) has reached a steady state.`,
  };
}
