import { createHash } from 'node:crypto';

import { z } from 'zod';

/** The API versions of Docker 29. Source: https://docs.docker.com/reference/api/engine/#versions-of-the-api-and-sdk */
export const newest = 52;
const oldest = 44;
export const Container = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  labels: z.record(z.string(), z.string()),
  running: z.boolean(),
  healthy: z.boolean(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  exitCode: z.int(),
});
export type Container = z.infer<typeof Container>;

/** What the engine refuses, with the status and the words it answers. */
export class DockerProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'DockerProblem';
    this.status = status;
  }
}

export function firstContainers(now: number): Container[] {
  const container = (name: string, image: string, labels: Record<string, string>): Container => ({
    id: createHash('sha256').update(name).digest('hex'),
    name,
    image,
    labels,
    running: true,
    healthy: true,
    startedAt: now - 86_400_000,
    finishedAt: null,
    exitCode: 0,
  });
  return [
    container('shop', 'deckhand/demo-shop:1.4', { 'com.docker.compose.service': 'shop', site: 'demo-shop' }),
    container('shop-db', 'postgres:17', { 'com.docker.compose.service': 'db' }),
  ];
}

export function checkVersion(minor: number): void {
  const said = `client version 1.${minor} is too`;
  if (minor > newest) throw new DockerProblem(400, `${said} new. Maximum supported API version is 1.${newest}`);
  if (minor < oldest)
    throw new DockerProblem(
      400,
      `${said} old. Minimum supported API version is 1.${oldest}, please upgrade your client to a newer version`,
    );
}

const Filters = z.object({ name: z.array(z.string()).default([]), label: z.array(z.string()).default([]) });

/** A name filter is a regular expression and found anywhere, as in the engine. */
export function listed(containers: readonly Container[], url: URL): object[] {
  const read = Filters.safeParse(JSON.parse(url.searchParams.get('filters') ?? '{}'));
  if (!read.success) throw new DockerProblem(400, 'invalid filter');
  const { name, label } = read.data;
  return containers
    .filter((one) => one.running || url.searchParams.get('all') === 'true')
    .filter((one) => name.length === 0 || name.some((pattern) => new RegExp(pattern).test(`/${one.name}`)))
    .filter(({ labels }) =>
      label.every((wanted) => {
        const [key = '', ...value] = wanted.split('=');
        return value.length === 0 ? Object.hasOwn(labels, key) : labels[key] === value.join('=');
      }),
    )
    .map(({ id, name: called, image, labels, running }) => ({
      Id: id,
      Names: [`/${called}`],
      Image: image,
      Labels: labels,
      State: running ? 'running' : 'exited',
    }));
}

export function inspected(container: Container): object {
  return {
    Id: container.id,
    Name: `/${container.name}`,
    RestartCount: 0,
    State: {
      Status: container.running ? 'running' : 'exited',
      Running: container.running,
      StartedAt: new Date(container.startedAt).toISOString(),
      FinishedAt: container.finishedAt === null ? '0001-01-01T00:00:00Z' : new Date(container.finishedAt).toISOString(),
      ExitCode: container.exitCode,
      Health: { Status: container.healthy ? 'healthy' : 'unhealthy' },
    },
    Config: { Image: container.image, Labels: container.labels },
  };
}
