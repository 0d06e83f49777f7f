import { type Form, integer, required } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { XmlFields } from '#sandbox/ec2/xml.ts';
import type { Server, Servers } from '#sandbox/parts.ts';

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
  const arns = arnsIn(servers);
  return {
    kind: 'query',
    prefix: 'elasticloadbalancing',
    version: '2015-12-01',
    namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    actions: {
      DescribeLoadBalancers: (form) => paged(form, 'LoadBalancers', balancersXml(arns, servers.region())),
      DescribeListeners: (form) => describeListeners(arns, form),
      DescribeRules: (form) => describeRules(arns, form),
      DescribeTargetGroups: (form) => paged(form, 'TargetGroups', targetGroupsXml(arns)),
      DescribeTargetHealth: (form) => describeHealth(arns, servers, form),
    },
  };
}

type Arns = Readonly<Record<'balancer' | 'listener' | 'group', (name: string) => string>>;

function arnsIn(servers: Servers): Arns {
  const arn = (kind: string, path: string): string =>
    `arn:aws:elasticloadbalancing:${servers.region()}:${servers.account()}:${kind}/${path}/50dc6c495c0c9188`;
  const kindOf = (name: string): string => (name === 'shop' ? 'app' : 'net');
  return {
    balancer: (name) => arn('loadbalancer', `${kindOf(name)}/${name}`),
    listener: (name) => arn('listener', `${kindOf(name)}/${name}/50dc6c495c0c9188`),
    group: (name) => arn('targetgroup', name),
  };
}

function paged(form: Form, name: string, all: readonly XmlFields[]): XmlFields {
  const { page, next } = pageOf(all, integer(form, 'PageSize') ?? 400, form.get('Marker'));
  return { [name]: page, NextMarker: next };
}

/** The ARN that a parameter names, if it is one of these. */
function named(form: Form, parameter: string, known: readonly string[], code: string): string {
  const wanted = required(form, parameter);
  if (!known.includes(wanted)) throw new Problem(code, `One or more of '${wanted}' were not found`);
  return wanted;
}

function forward(arns: Arns, name: string): XmlFields[] {
  const to = { TargetGroupArn: arns.group(name) };
  return [{ Type: 'forward', ...to, ForwardConfig: { TargetGroups: [{ ...to, Weight: 1 }] } }];
}

function balancersXml(arns: Arns, region: string): XmlFields[] {
  return balancers.map(({ name, kind, scheme }) => ({
    LoadBalancerArn: arns.balancer(name),
    LoadBalancerName: name,
    DNSName: `${name}-1234567890.${region}.elb.amazonaws.com`,
    Type: kind,
    Scheme: scheme,
    State: { Code: 'active' },
  }));
}

function targetGroupsXml(arns: Arns): XmlFields[] {
  return targetGroups.map(({ name, balancer, protocol, port, path }) => ({
    TargetGroupArn: arns.group(name),
    TargetGroupName: name,
    Protocol: protocol,
    Port: port,
    TargetType: 'instance',
    HealthCheckProtocol: protocol,
    HealthCheckPort: 'traffic-port',
    HealthCheckPath: path,
    Matcher: path === undefined ? undefined : { HttpCode: '200-299' },
    LoadBalancerArns: [arns.balancer(balancer)],
  }));
}

function describeListeners(arns: Arns, form: Form): XmlFields {
  const known = balancers.map(({ name }) => arns.balancer(name));
  const wanted = named(form, 'LoadBalancerArn', known, 'LoadBalancerNotFound');
  const found = listeners
    .filter(({ balancer }) => arns.balancer(balancer) === wanted)
    .map(({ balancer, protocol, port, target }) => ({
      ListenerArn: arns.listener(balancer),
      LoadBalancerArn: wanted,
      Protocol: protocol,
      Port: port,
      DefaultActions: forward(arns, target),
    }));
  return paged(form, 'Listeners', found);
}

function describeRules(arns: Arns, form: Form): XmlFields {
  const known = listeners.map(({ balancer }) => arns.listener(balancer));
  const wanted = named(form, 'ListenerArn', known, 'ListenerNotFound');
  const usual = listeners.find(({ balancer }) => arns.listener(balancer) === wanted)?.target ?? '';
  const own = rules
    .filter(({ balancer }) => arns.listener(balancer) === wanted)
    .map(({ hosts, paths, target }, at) => ({
      RuleArn: `${wanted}/${at}`,
      Priority: String(at + 1),
      IsDefault: false,
      Conditions: [
        { Field: 'host-header', Values: [...hosts], HostHeaderConfig: { Values: [...hosts] } },
        ...(paths.length === 0
          ? []
          : [{ Field: 'path-pattern', Values: [...paths], PathPatternConfig: { Values: [...paths] } }]),
      ],
      Actions: forward(arns, target),
    }));
  const last = { RuleArn: `${wanted}/default`, Priority: 'default', IsDefault: true, Conditions: [] };
  return paged(form, 'Rules', [...own, { ...last, Actions: forward(arns, usual) }]);
}

function describeHealth(arns: Arns, servers: Servers, form: Form): XmlFields {
  const known = targetGroups.map(({ name }) => arns.group(name));
  const wanted = named(form, 'TargetGroupArn', known, 'TargetGroupNotFound');
  const group = targetGroups.find(({ name }) => arns.group(name) === wanted);
  const behind = servers.all().filter(({ tags, state }) => tags['role'] === group?.role && state !== 'terminated');
  return {
    TargetHealthDescriptions: behind.map((server) => ({
      Target: { Id: server.id, Port: group?.port },
      TargetHealth: healthOf(server),
    })),
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
