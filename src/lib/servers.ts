import { Refusal } from '#errors.ts';
import type { Cloud, Instance } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';

import { label, some } from './format.ts';
import { readSelector, type Selector } from './selector.ts';
import { findTargets } from './targets.ts';
import type { Words } from './words.ts';

/** A server as plans carry it; plain JSON. */
export type Server = { id: InstanceId; name: string; env: string };

export function asServer({ id, name, tags }: Instance): Server {
  return { id, name, env: tags['env'] ?? '' };
}

/** Reads a selector of servers. Throws Refusal "bad-input" on options but `flags`, on volumes and on snapshots. */
export function readServers(words: Words, of: { example: string; flags?: readonly string[] }): Selector {
  const { example, flags = [] } = of;
  const unknown = Object.keys(words.flags).find((flag) => !flags.includes(flag));
  if (unknown !== undefined)
    throw new Refusal('bad-input', `\`--${unknown}\` is no option here. For example: \`${example}\`.`);
  const selector = readSelector(words.plain, example);
  if (selector.volumes.length + selector.snapshots.length > 0)
    throw new Refusal('bad-input', `Only servers can be named here. For example: \`${example}\`.`);
  return selector;
}

/** The servers that are meant. Throws Refusal "not-found" when there are none. */
export async function findServers(
  cloud: Pick<Cloud, 'instances' | 'volumes'>,
  selector: Selector,
  example: string,
): Promise<readonly Instance[]> {
  const { instances } = await findTargets(cloud, selector);
  if (instances.length === 0) throw new Refusal('not-found', `That names no server. For example: \`${example}\`.`);
  return instances;
}

/** The one server that is meant. Throws Refusal "bad-input" when there are several. */
export async function findServer(
  cloud: Pick<Cloud, 'instances' | 'volumes'>,
  selector: Selector,
  example: string,
): Promise<Instance> {
  const found = await findServers(cloud, selector, example);
  const [server] = found;
  if (server === undefined || found.length > 1)
    throw new Refusal(
      'bad-input',
      `That names ${found.length} servers (${some(found.map(label), 3)}), and this is done one by one. For example: \`${example}\`.`,
    );
  return server;
}

/** Throws Refusal that names the servers of which it is so; `next`: the next move. */
export function refuseThose(
  servers: readonly Instance[],
  isSo: (one: Instance) => boolean,
  of: { code: 'conflict' | 'unsuitable'; what: (one: Instance) => string; next: string },
): void {
  const those = servers.filter(isSo);
  if (those.length > 0) throw new Refusal(of.code, `${some(those.map(of.what), 3)}. ${of.next}`);
}
