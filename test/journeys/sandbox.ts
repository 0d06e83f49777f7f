import { printed, startNode, tempFolder } from '#test/support/processes.ts';

export type Shown = {
  channel: string;
  ts: string;
  thread_ts?: string;
  text: string;
  plain: string;
  ephemeral?: boolean;
  to?: string;
  buttons: { action_id: string; text: string; value?: string }[];
};
export type Ec2 = {
  instances: {
    id: string;
    name: string;
    state: string;
    status: Record<string, string>;
    mappings: { device: string; volumeId: string; deleteOnTermination: boolean }[];
    tags: Record<string, string>;
  }[];
  volumes: { id: string; state: string; tags: Record<string, string>; attachments: unknown[] }[];
  snapshots: {
    id: string;
    volumeId: string;
    state: string;
    tier: string;
    tags: Record<string, string>;
    kmsKeyId?: string;
    sharedWith?: string[];
  }[];
  rootTasks: { state: string }[];
  calls: { total: number; byAction: Record<string, number> };
  invariants: string[];
  sts: { assumed: { account: string; name: string; sourceIdentity?: string }[] };
};
type Answer = { status: number; body: Record<string, unknown> };

/** Speaks to a sandbox's control API as a script would. */
export function createDriver(url: string) {
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/sandbox/api/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  async function mustCall(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  const command = (user: string, channel: string, text: string, more: object = {}) =>
    mustCall('POST', 'commands', { user, channel, text, ...more });
  const press = (user: string, shown: Shown, action_id: string) =>
    mustCall('POST', 'actions', { user, channel: shown.channel, ts: shown.ts, action_id });
  const faults = (input: object) => mustCall('POST', 'faults', input);
  const site = (input: object) => mustCall('POST', 'site', input);
  /** Of home, or of another place: `?region=us-west-2`. */
  const ec2 = async (place = '') => (await mustCall('GET', `ec2${place}`)) as unknown as Ec2;
  async function messages(channel: string): Promise<Shown[]> {
    const { messages: list } = (await mustCall('GET', `messages?channel=${channel}`)) as unknown as {
      messages: Shown[];
    };
    return list.map((one) => ({ ...one, channel }));
  }

  /** Looks every 50 ms until a message is there; fails with what is there instead. */
  async function see(channel: string, wanted: (shown: Shown) => boolean, withinMs = 20_000): Promise<Shown> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const list = await messages(channel);
      const found = list.findLast(wanted);
      if (found !== undefined) return found;
      if (Date.now() > deadline)
        throw new Error(
          `no such message in ${channel}; there are:\n${list.map((one) => `${one.ts} ${one.ephemeral === true ? `(only ${one.to}) ` : ''}${one.text}\n  ${one.plain.replaceAll('\n', '\n  ')}\n  [${one.buttons.map(({ action_id }) => action_id).join(' ')}]`).join('\n')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  /** A message whose push line or text has this in it. */
  const read = (channel: string, pattern: RegExp, withinMs?: number) =>
    see(channel, (shown) => pattern.test(shown.text) || pattern.test(shown.plain), withinMs);
  /** The same message, once it says so. */
  const turn = (shown: Shown, pattern: RegExp, withinMs?: number) =>
    see(shown.channel, (one) => one.ts === shown.ts && (pattern.test(one.text) || pattern.test(one.plain)), withinMs);

  async function until<T>(look: () => Promise<T | undefined | false>, what: string, withinMs = 20_000): Promise<T> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > deadline) throw new Error(`${what} did not happen within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  async function server(name: string, place = ''): Promise<Ec2['instances'][number]> {
    const found = (await ec2(place)).instances.find((one) => one.name === name || one.id === name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  }
  return { url, call, command, press, faults, site, ec2, server, messages, see, read, turn, until };
}
export type Driver = ReturnType<typeof createDriver>;
export type Sandbox = Driver & { dataDir: string; output: () => string; stop: () => Promise<void> };

/** The real sandbox in a process of its own, fast, on any free port. */
export async function startSandbox(...flags: string[]): Promise<Sandbox> {
  const folder = tempFolder('journey');
  const child = startNode(['src/sandbox/main.ts', '--port', '0', '--speed', '50', '--data-dir', folder.path, ...flags]);
  const [, url] = await printed(child, /Deckhand sandbox ready: (http:\S+)/, 110_000);
  return {
    ...createDriver(url!),
    dataDir: folder.path,
    output: child.output,
    stop: async () => {
      await child.kill('SIGTERM');
      folder.remove();
    },
  };
}
