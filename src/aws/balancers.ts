import { z } from 'zod';

import type { Balancer, Balancers, Listener, Route, Target, TargetGroup } from '#ports/platform.ts';

import { given, many, text } from './reading.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { loadBalancing } from './services.ts';

/** Largest page of each list.
 *  Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html */
const PageSize = 400;

/** Application, network and gateway load balancers of one account and Region. */
export function createBalancers(options: SenderOptions): Balancers & { close: () => void } {
  const { send, list, close } = createSender(
    { service: loadBalancing, load: () => import('./load-balancing-sdk.ts') },
    options,
  );

  async function balancers(): Promise<readonly Balancer[]> {
    const pages = await list(
      'DescribeLoadBalancers',
      (sdk, Marker) => new sdk.DescribeLoadBalancersCommand({ PageSize, Marker }),
      z.object({ NextMarker: text, LoadBalancers: many(BalancerReply) }),
    );
    return pages.flatMap(({ LoadBalancers }) => LoadBalancers);
  }

  async function listeners(LoadBalancerArn: string): Promise<readonly Listener[]> {
    const pages = await list(
      'DescribeListeners',
      (sdk, Marker) => new sdk.DescribeListenersCommand({ LoadBalancerArn, PageSize, Marker }),
      z.object({ NextMarker: text, Listeners: many(ListenerReply) }),
    );
    const found: Listener[] = [];
    for (const { usual, ...listener } of pages.flatMap(({ Listeners }) => Listeners))
      found.push({
        ...listener,
        routes: [...(await rulesOf(listener)), { hosts: [], paths: [], targetGroups: usual }],
      });
    return found;
  }

  /** All but the default rule. Only listeners of application load balancers have others. */
  async function rulesOf({ arn, protocol }: { arn: string; protocol: string }): Promise<readonly Route[]> {
    if (protocol !== 'HTTP' && protocol !== 'HTTPS') return [];
    const pages = await list(
      'DescribeRules',
      (sdk, Marker) => new sdk.DescribeRulesCommand({ ListenerArn: arn, PageSize, Marker }),
      z.object({ NextMarker: text, Rules: many(RuleReply) }),
    );
    return pages.flatMap(({ Rules }) => Rules).flat();
  }

  async function targetGroups(): Promise<readonly TargetGroup[]> {
    const pages = await list(
      'DescribeTargetGroups',
      (sdk, Marker) => new sdk.DescribeTargetGroupsCommand({ PageSize, Marker }),
      z.object({ NextMarker: text, TargetGroups: many(TargetGroupReply) }),
    );
    return pages.flatMap(({ TargetGroups }) => TargetGroups);
  }

  async function targets(TargetGroupArn: string): Promise<readonly Target[]> {
    const { TargetHealthDescriptions } = await send(
      {
        action: 'DescribeTargetHealth',
        command: (sdk) => new sdk.DescribeTargetHealthCommand({ TargetGroupArn }),
      },
      z.object({ TargetHealthDescriptions: many(TargetReply) }),
    );
    return TargetHealthDescriptions;
  }

  return { balancers, listeners, targetGroups, targets, close };
}

const BalancerReply = z
  .object({
    LoadBalancerArn: z.string(),
    LoadBalancerName: z.string(),
    DNSName: text,
    Type: text,
    Scheme: text,
    State: z.object({ Code: text }).optional(),
  })
  .transform((reply): Balancer => ({
    arn: reply.LoadBalancerArn,
    name: reply.LoadBalancerName,
    hostname: reply.DNSName ?? '',
    kind: reply.Type ?? 'application',
    internal: reply.Scheme === 'internal',
    state: reply.State?.Code ?? 'active',
  }));

const Actions = many(
  z.object({
    TargetGroupArn: text,
    ForwardConfig: z.object({ TargetGroups: many(z.object({ TargetGroupArn: text })) }).optional(),
  }),
).transform((actions) => [
  ...new Set(
    actions
      .flatMap((one) => [one.TargetGroupArn, ...(one.ForwardConfig?.TargetGroups ?? []).map((to) => to.TargetGroupArn)])
      .filter((arn) => arn !== undefined),
  ),
]);

const ListenerReply = z
  .object({ ListenerArn: z.string(), Protocol: text, Port: z.number().optional(), DefaultActions: Actions })
  .transform((reply) => ({
    arn: reply.ListenerArn,
    protocol: reply.Protocol ?? '',
    port: reply.Port ?? 0,
    usual: reply.DefaultActions,
  }));

const Patterns = z.object({ Values: many(z.string()) }).optional();
const RuleReply = z
  .object({
    IsDefault: z.boolean().optional(),
    Conditions: many(
      z.object({
        Field: text,
        Values: many(z.string()),
        HostHeaderConfig: Patterns,
        PathPatternConfig: Patterns,
      }),
    ),
    Actions,
  })
  .transform((reply): Route[] => {
    // AWS gives simple conditions in both forms.
    const values = (field: string) =>
      reply.Conditions.filter(({ Field }) => Field === field).flatMap((one) => [
        ...new Set([...(one.HostHeaderConfig ?? one.PathPatternConfig ?? { Values: [] }).Values, ...one.Values]),
      ]);
    return reply.IsDefault === true
      ? []
      : [{ hosts: values('host-header'), paths: values('path-pattern'), targetGroups: reply.Actions }];
  });

const TargetGroupReply = z
  .object({
    TargetGroupArn: z.string(),
    TargetGroupName: z.string(),
    Protocol: text,
    Port: z.number().optional(),
    TargetType: text,
    HealthCheckProtocol: text,
    HealthCheckPort: text,
    HealthCheckPath: text,
    Matcher: z.object({ HttpCode: text, GrpcCode: text }).optional(),
    LoadBalancerArns: many(z.string()),
  })
  .transform((reply): TargetGroup => ({
    arn: reply.TargetGroupArn,
    name: reply.TargetGroupName,
    protocol: reply.Protocol ?? '',
    ...given('port', reply.Port),
    targets: reply.TargetType ?? 'instance',
    healthCheck: {
      protocol: reply.HealthCheckProtocol ?? '',
      port: reply.HealthCheckPort ?? 'traffic-port',
      ...given('path', reply.HealthCheckPath),
      ...given('codes', reply.Matcher?.HttpCode ?? reply.Matcher?.GrpcCode),
    },
    balancers: reply.LoadBalancerArns,
  }));

const TargetReply = z
  .object({
    Target: z.object({ Id: z.string(), Port: z.number().optional() }),
    TargetHealth: z.object({ State: z.string(), Reason: text, Description: text }),
  })
  .transform(({ Target: { Id, Port }, TargetHealth: health }): Target => ({
    id: Id,
    ...given('port', Port),
    state: health.State,
    ...given('reason', health.Reason),
    ...given('description', health.Description),
  }));
