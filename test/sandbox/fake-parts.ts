import { createAws } from '#sandbox/aws/index.ts';
import { createDocker } from '#sandbox/docker.ts';
import type { Ec2Dump, SlackMessage, SlackView, Workspace } from '#sandbox/page/shapes.ts';
import type { ControlAnswer, Ec2Part, SlackPart } from '#sandbox/parts.ts';

/** What the parts were asked, in order. */
export type Asked = { what: string; input: unknown };

/** A workspace that answers every command by a message and keeps what it was asked. Its state is there to be changed. */
export function createFakeSlack(
  start: Partial<FakeSlackState> = {},
): SlackPart & { state: FakeSlackState; asked: Asked[]; changed: () => void } {
  const state: FakeSlackState = { workspace, messages: {}, views: [], home: undefined, suggestions: [], ...start };
  const asked: Asked[] = [];
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const ok: ControlAnswer = { status: 200, body: { ok: true } };
  const noted =
    (what: string, then: (input: Record<string, unknown>) => ControlAnswer = () => ok) =>
    async (input: unknown): Promise<ControlAnswer> => {
      asked.push({ what, input });
      await state.gate;
      const answer = then(input as Record<string, unknown>);
      changed();
      return answer;
    };
  return {
    state,
    asked,
    changed,
    handle: (request, response) => response.end(`slack ${request.method} ${request.url}`),
    upgrade: (_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    },
    commands: noted('commands', (input) => state.onCommand?.(input) ?? ok),
    actions: noted('actions', (input) => state.onAction?.(input) ?? ok),
    submit: noted('submit', (input) => state.onSubmit?.(input) ?? ok),
    suggest: noted('suggest', () => ({ status: 200, body: { options: state.suggestions } })),
    openHome: noted('openHome'),
    closeView: noted('closeView', () => {
      state.views = state.views.slice(0, -1);
      return ok;
    }),
    messages: (query) => {
      const channel = query.get('channel');
      if (channel === null) return { status: 400, body: { error: 'Name a channel, for example ?channel=C0OPS.' } };
      return { status: 200, body: { messages: state.messages[channel] ?? [] } };
    },
    views: () => ({ status: 200, body: { views: state.views } }),
    home: () => ({ status: 200, body: { view: state.home ?? null } }),
    workspace: () => state.workspace,
    faults: (input) => {
      asked.push({ what: 'slack faults', input });
      changed();
      return ok;
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => Promise.resolve(),
  };
}

export type FakeSlackState = {
  workspace: Workspace;
  messages: Record<string, SlackMessage[]>;
  views: SlackView[];
  home: SlackView | undefined;
  suggestions: readonly unknown[];
  /** Answers wait for it. */
  gate?: Promise<void>;
  onCommand?: (input: Record<string, unknown>) => ControlAnswer;
  onAction?: (input: Record<string, unknown>) => ControlAnswer;
  onSubmit?: (input: Record<string, unknown>) => ControlAnswer;
};

/** An EC2 of three servers that keeps its faults. */
export function createFakeEc2(dump: Ec2Dump = ec2Dump): Ec2Part & { asked: Asked[]; changed: () => void } {
  const asked: Asked[] = [];
  const listeners: (() => void)[] = [];
  return {
    asked,
    changed: () => {
      for (const listener of listeners) listener();
    },
    servers: noServers,
    handle: (request, response) => response.end(`ec2 ${request.method} ${request.url}`),
    dump: () => dump,
    faults: (input) => {
      asked.push({ what: 'ec2 faults', input });
      if (input === 'nonsense') return { status: 400, body: { error: 'That is no fault. See docs/sandbox.md.' } };
      return { status: 200, body: { ok: true } };
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => Promise.resolve(),
  };
}

export const workspace: Workspace = {
  team: { id: 'T0SANDBOX', name: 'Deckhand sandbox' },
  bot: { user: 'U0DECKHAND', name: 'Deckhand' },
  connections: 1,
  channels: [
    { id: 'C0OPS', name: 'ops' },
    { id: 'C0ALERTS', name: 'alerts' },
    { id: 'C0PRIVATE', name: 'platform', is_private: true },
    { id: 'D0RILEY', name: 'riley', is_im: true, user: 'U0REQUESTER' },
  ],
  people: [
    { id: 'U0REQUESTER', name: 'riley', real_name: 'Riley', role: 'requester' },
    { id: 'U0APPROVER', name: 'avery', real_name: 'Avery', role: 'approver' },
    { id: 'U0OUTSIDER', name: 'oli', real_name: 'Oli', role: 'outsider' },
    { id: 'U0GUEST', name: 'gus', real_name: 'Gus', role: 'guest' },
    { id: 'U0DECKHAND', name: 'deckhand', real_name: 'Deckhand', is_bot: true },
  ],
  groups: [{ id: 'S0OPERATORS', handle: 'ec2-operators', name: 'Operators', users: ['U0REQUESTER'] }],
  commands: [
    { command: '/deck', description: 'Everything Deckhand can do', usage_hint: 'help | runs | audit' },
    { command: '/fleet', description: 'How servers are', usage_hint: '[selector]' },
    {
      command: '/restore',
      description: 'Put a volume back to a snapshot',
      usage_hint: '<volume or instance> [--from snap-…|latest]',
    },
    { command: '/snapshot', description: 'Snapshot volumes', usage_hint: '<selector>' },
    { command: '/tag', description: 'Change tags', usage_hint: '<selector> key=value … -key' },
  ],
  refused: [],
};

export const ec2Dump: Ec2Dump = {
  instances: [
    {
      id: 'i-0aaaaaaaaaaaaaaa1',
      name: 'web-1',
      state: 'running',
      status: { system: 'ok', instance: 'ok', ebs: 'ok' },
      mappings: [{ device: '/dev/xvda', volumeId: 'vol-0bbbbbbbbbbbbbbb0' }],
    },
    {
      id: 'i-0aaaaaaaaaaaaaaa2',
      name: 'db-1',
      state: 'running',
      status: { system: 'ok', instance: 'impaired', ebs: 'ok' },
      mappings: [{ device: '/dev/sdf', volumeId: 'vol-0bbbbbbbbbbbbbbb1' }],
    },
    {
      id: 'i-0aaaaaaaaaaaaaaa3',
      name: 'batch-1',
      state: 'stopped',
      status: { system: 'not-applicable' },
      mappings: [],
    },
  ],
  volumes: [{ id: 'vol-0bbbbbbbbbbbbbbb1', state: 'in-use', sizeGiB: 100, tags: { Name: 'db-data' } }],
  snapshots: [{ id: 'snap-0ccccccccccccccc1', volumeId: 'vol-0bbbbbbbbbbbbbbb1', state: 'completed', progress: 100 }],
  invariants: [],
  calls: { total: 7, byAction: { DescribeInstances: 4, DescribeVolumes: 3 } },
};

const noServers: Ec2Part['servers'] = {
  account: () => '123456789012',
  region: () => 'us-east-1',
  all: () => [],
  named: () => undefined,
  judgeMembers: () => {},
};

/** The real make-believe services and Docker engine. */
export function besideEc2(ec2: Ec2Part) {
  const pace = { now: Date.now, speed: 1_000 };
  return { aws: createAws({ ...pace, servers: ec2.servers }), docker: createDocker(pace) };
}
