import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { Container, ContainerQuery, Containers, DockerEngine } from '#ports/containers.ts';

import { createEngines, type EnginesOptions } from './engine.ts';
import { ContainerReply, ListReply } from './replies.ts';

const usualGraceSec = 10;
const longestGraceSec = 300;

/** Docker engines over a socket or TCP. Connects to nothing before the first call. */
export function createContainers(options: EnginesOptions = {}): Containers {
  const { ask, close } = createEngines(options);

  async function container(engine: DockerEngine, name: string): Promise<Container> {
    const what = `a look at the container ${checked(name)}`;
    return ask(engine, { path: `/containers/${name}/json`, what }, ContainerReply);
  }

  async function list(engine: DockerEngine, { name, label }: ContainerQuery = {}) {
    const filters = {
      // A regular expression, found anywhere in the name, so the exact ones are chosen below.
      ...(name === undefined ? {} : { name: [checked(name).replaceAll('.', String.raw`\.`)] }),
      ...(label === undefined ? {} : { label: [label] }),
    };
    const query = { all: 'true', filters: JSON.stringify(filters) };
    const found = await ask(engine, { path: '/containers/json', query, what: 'a list of containers' }, ListReply);
    return found
      .filter(({ names }) => name === undefined || names.includes(name))
      .map(({ id, names, state }) => ({ id, name: names[0] ?? '', state }));
  }

  async function restart(engine: DockerEngine, of: Parameters<Containers['restart']>[1]): Promise<void> {
    const graceSec = Math.min(longestGraceSec, Math.max(0, Math.round(of.graceSec ?? usualGraceSec)));
    const now = await container(engine, of.name);
    if (now.startedAt !== undefined && now.startedAt > (of.startedAt ?? Number.NEGATIVE_INFINITY)) return;
    const call = {
      method: 'POST',
      // By id: the name may belong to another one by now.
      path: `/containers/${now.id}/restart`,
      query: { t: String(graceSec) },
      what: `the restart of ${of.name}`,
      longerMs: graceSec * 1_000,
    } as const;
    await ask(engine, call, z.unknown());
  }

  return { list, container, restart, close };
}

/** Source: the pattern in the engine's own error message. */
function checked(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) return name;
  throw new Refusal(
    'bad-input',
    `${JSON.stringify(name.slice(0, 80))} cannot be the name or id of a container. Use letters, digits and _ . - only.`,
  );
}
