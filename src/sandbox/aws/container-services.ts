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
  const { servers, state, now, speed } = of;
  const arn = (kind: string, name: string): string =>
    `arn:aws:ecs:${servers.region()}:${servers.account()}:${kind}/${name}`;
  const shortName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

  function find(cluster: string, name: string): ContainerService | undefined {
    const { services } = state();
    if (!services.some((one) => one.cluster === shortName(cluster)))
      throw new Problem('ClusterNotFoundException', 'Cluster not found.');
    return services.find((one) => one.cluster === shortName(cluster) && one.name === shortName(name));
  }

  function describe({ cluster, services }: z.output<typeof Describe>): object {
    const found = services.map((name) => ({ name, service: find(cluster, name) }));
    return {
      services: found.flatMap(({ service }) => (service === undefined ? [] : [json(service)])),
      failures: found.flatMap(({ name, service }) =>
        service === undefined
          ? [{ arn: arn('service', `${shortName(cluster)}/${shortName(name)}`), reason: 'MISSING' }]
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
      const id = `ecs-svc/${String(++kept.made).padStart(19, '7')}`;
      service.deployments = [
        { id, createdAt: now(), endsAt: now() + (fails ? failingAfter : deploying) / speed, fails },
        ...service.deployments.slice(0, 1),
      ];
      if (!fails) service.running = service.desired;
      of.changed();
      if (!fails) of.restarted({ kind: 'service' });
    }
    return { service: json(service) };
  }

  function json(service: ContainerService): object {
    const [newest, before] = service.deployments;
    const isOver = newest === undefined || now() >= newest.endsAt;
    const shown = service.deployments.filter((one) => one === newest || (one === before && (!isOver || newest?.fails)));
    return {
      serviceArn: arn('service', `${service.cluster}/${service.name}`),
      clusterArn: arn('cluster', service.cluster),
      serviceName: service.name,
      status: 'ACTIVE',
      desiredCount: service.desired,
      runningCount: service.running,
      pendingCount: isOver ? 0 : 1,
      taskDefinition: arn('task-definition', `${service.name}:7`),
      schedulingStrategy: 'REPLICA',
      deployments: shown.map((one) => deploymentJson(service, one, one === newest)),
      events: newest === undefined ? [] : [eventOf(service, newest, isOver)],
    };
  }

  function deploymentJson({ name, desired, running }: ContainerService, of: Deployment, isNewest: boolean): object {
    const isOver = now() >= of.endsAt;
    const rollout = !isOver ? 'IN_PROGRESS' : of.fails ? 'FAILED' : 'COMPLETED';
    return {
      id: of.id,
      status: isNewest ? 'PRIMARY' : 'ACTIVE',
      taskDefinition: arn('task-definition', `${name}:7`),
      desiredCount: desired,
      runningCount: isNewest && (!isOver || of.fails) ? 0 : running,
      pendingCount: isOver ? 0 : 1,
      failedTasks: isOver && of.fails ? 3 : 0,
      createdAt: seconds(of.createdAt),
      updatedAt: seconds(Math.min(now(), of.endsAt)),
      rolloutState: rollout,
      rolloutStateReason: `ECS deployment ${of.id} ${rollout === 'COMPLETED' ? 'completed' : rollout === 'FAILED' ? 'failed: tasks failed to start' : 'in progress'}.`,
    };
  }

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

  return {
    kind: 'json',
    prefix: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    actions: { DescribeServices: action(Describe, describe), UpdateService: action(Update, update) },
  };
}
