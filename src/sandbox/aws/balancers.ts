import { type Form, integer, list, required } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { XmlFields } from '#sandbox/ec2/xml.ts';
import type { Server } from '#sandbox/parts.ts';

import { pageOf, type QueryService, type Surroundings } from './service.ts';

/** What stands before the servers of the first fleet; a server is behind a target group by its role. */
const balancers = [
  { name: 'shop', kind: 'application', scheme: 'internet-facing' },
  { name: 'data', kind: 'network', scheme: 'internal' },
] as const;
const targetGroups = [
  { name: 'web', balancer: 'shop', protocol: 'HTTP', port: 8080, path: '/health', role: 'web' },
  { name: 'api', balancer: 'shop', protocol: 'HTTP', port: 9000, path: '/api/health', role: 'api' },
  { name: 'db', balancer: 'data', protocol: 'TCP', port: 5432, path: undefined, role: 'db' },
] as const;
const listeners = [
  { balancer: 'shop', protocol: 'HTTPS', port: 443, target: 'web' },
  { balancer: 'data', protocol: 'TCP', port: 5432, target: 'db' },
] as const;
const rules = [
  { balancer: 'shop', hosts: ['shop.example.com', 'www.example.com'], paths: [], target: 'web' },
  { balancer: 'shop', hosts: ['shop.example.com'], paths: ['/api/*'], target: 'api' },
] as const;

/** Load balancers that never change, and targets that are as their servers are. */
export function createBalancers({ servers }: Surroundings): QueryService {
  const arn = (kind: string, name: string): string =>
    `arn:aws:elasticloadbalancing:${servers.region()}:${servers.account()}:${kind}/${name}/50dc6c495c0c9188`;
  const kindOf = (name: string): string => (name === 'shop' ? 'app' : 'net');
  const balancerArn = (name: string): string => arn('loadbalancer', `${kindOf(name)}/${name}`);
  const listenerArn = (name: string): string => arn('listener', `${kindOf(name)}/${name}/50dc6c495c0c9188`);
  const groupArn = (name: string): string => arn('targetgroup', name);
  const forward = (name: string): XmlFields[] => [
    {
      Type: 'forward',
      TargetGroupArn: groupArn(name),
      ForwardConfig: { TargetGroups: [{ TargetGroupArn: groupArn(name), Weight: 1 }] },
    },
  ];

  function paged(form: Form, name: string, all: readonly XmlFields[]): XmlFields {
    const { page, next } = pageOf(all, integer(form, 'PageSize') ?? 400, form.get('Marker'));
    return { [name]: page, NextMarker: next };
  }

  function named(form: Form, parameter: string, arns: readonly string[], code: string): string {
    const wanted = required(form, parameter);
    if (!arns.includes(wanted)) throw new Problem(code, `One or more of '${wanted}' were not found`);
    return wanted;
  }

  function describeListeners(form: Form): XmlFields {
    const wanted = named(
      form,
      'LoadBalancerArn',
      balancers.map(({ name }) => balancerArn(name)),
      'LoadBalancerNotFound',
    );
    const found = listeners.filter(({ balancer }) => balancerArn(balancer) === wanted);
    return paged(
      form,
      'Listeners',
      found.map(({ balancer, protocol, port, target }) => ({
        ListenerArn: listenerArn(balancer),
        LoadBalancerArn: wanted,
        Protocol: protocol,
        Port: port,
        DefaultActions: forward(target),
      })),
    );
  }

  function describeRules(form: Form): XmlFields {
    const wanted = named(
      form,
      'ListenerArn',
      listeners.map(({ balancer }) => listenerArn(balancer)),
      'ListenerNotFound',
    );
    const own = rules.filter(({ balancer }) => listenerArn(balancer) === wanted);
    const usual = listeners.find(({ balancer }) => listenerArn(balancer) === wanted)?.target ?? '';
    return paged(form, 'Rules', [
      ...own.map(({ hosts, paths, target }, at) => ({
        RuleArn: `${wanted}/${at}`,
        Priority: String(at + 1),
        IsDefault: false,
        Conditions: [
          { Field: 'host-header', Values: [...hosts], HostHeaderConfig: { Values: [...hosts] } },
          ...(paths.length === 0
            ? []
            : [{ Field: 'path-pattern', Values: [...paths], PathPatternConfig: { Values: [...paths] } }]),
        ],
        Actions: forward(target),
      })),
      { RuleArn: `${wanted}/default`, Priority: 'default', IsDefault: true, Conditions: [], Actions: forward(usual) },
    ]);
  }

  function describeHealth(form: Form): XmlFields {
    const wanted = named(
      form,
      'TargetGroupArn',
      targetGroups.map(({ name }) => groupArn(name)),
      'TargetGroupNotFound',
    );
    const group = targetGroups.find(({ name }) => groupArn(name) === wanted);
    const behind = servers.all().filter(({ tags, state }) => tags['role'] === group?.role && state !== 'terminated');
    const ids = list(form, 'Targets.member');
    return {
      TargetHealthDescriptions: behind
        .filter(({ id }) => ids.length === 0 || ids.includes(id))
        .map((server) => ({ Target: { Id: server.id, Port: group?.port }, TargetHealth: healthOf(server) })),
    };
  }

  return {
    kind: 'query',
    prefix: 'elasticloadbalancing',
    version: '2015-12-01',
    namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    actions: {
      DescribeLoadBalancers: (form) =>
        paged(
          form,
          'LoadBalancers',
          balancers.map(({ name, kind, scheme }) => ({
            LoadBalancerArn: balancerArn(name),
            LoadBalancerName: name,
            DNSName: `${name}-1234567890.${servers.region()}.elb.amazonaws.com`,
            Type: kind,
            Scheme: scheme,
            State: { Code: 'active' },
          })),
        ),
      DescribeListeners: describeListeners,
      DescribeRules: describeRules,
      DescribeTargetGroups: (form) =>
        paged(
          form,
          'TargetGroups',
          targetGroups.map(({ name, balancer, protocol, port, path }) => ({
            TargetGroupArn: groupArn(name),
            TargetGroupName: name,
            Protocol: protocol,
            Port: port,
            TargetType: 'instance',
            HealthCheckProtocol: protocol,
            HealthCheckPort: 'traffic-port',
            HealthCheckPath: path,
            Matcher: path === undefined ? undefined : { HttpCode: '200-299' },
            LoadBalancerArns: [balancerArn(balancer)],
          })),
        ),
      DescribeTargetHealth: describeHealth,
    },
  };
}

function healthOf({ state, well }: Server): XmlFields {
  if (state === 'pending')
    return {
      State: 'initial',
      Reason: 'Elb.RegistrationInProgress',
      Description: 'Target registration is in progress',
    };
  if (state !== 'running')
    return { State: 'unused', Reason: 'Target.InvalidState', Description: 'Target is in the stopped state' };
  return well
    ? { State: 'healthy' }
    : { State: 'unhealthy', Reason: 'Target.Timeout', Description: 'Request timed out' };
}
