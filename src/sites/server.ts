import { isRefusal } from '#errors.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import { InstanceId } from '#ports/ids.ts';

/** The server behind a site, as EC2 knows it now. `why`: literal text for the card. */
export type Server =
  | { kind: 'none' }
  | { kind: 'found'; id: InstanceId; name: string; state: string; autoScalingGroup: string | undefined }
  | { kind: 'unknown'; named: string; why: string };

/** How long an answer is used again, and how long an alert waits for one. */
const usedForMs = 60_000;
const patienceMs = 5_000;

/** Finds the server behind a site by id or Name. Never throws and never takes longer than 5 s. */
export function createServerFinder(world: { cloud: Pick<Cloud, 'instances'>; clock: Clock }) {
  const { cloud, clock } = world;
  const known = new Map<string, { at: number; answer: Promise<Server> }>();

  return async function find(named: string | undefined): Promise<Server> {
    if (named === undefined) return { kind: 'none' };
    let entry = known.get(named);
    if (entry === undefined || clock.monotonic() - entry.at >= usedForMs) {
      entry = { at: clock.monotonic(), answer: ask(cloud, named) };
      known.set(named, entry);
    }
    return inTime(entry.answer, { kind: 'unknown', named, why: 'EC2 has not answered yet' });
  };

  async function inTime(answer: Promise<Server>, otherwise: Server): Promise<Server> {
    let cancel: Cancel = () => {};
    const late = new Promise<Server>((resolve) => void (cancel = clock.after(patienceMs, () => resolve(otherwise))));
    const first = await Promise.race([answer, late]);
    cancel();
    return first;
  }
}

export type FindServer = ReturnType<typeof createServerFinder>;

/** Names what of it decides about buttons: when this changes, the card must. */
export function serverMark(server: Server): string {
  return server.kind === 'found' ? `${server.id} ${server.state}` : server.kind;
}

async function ask(cloud: Pick<Cloud, 'instances'>, named: string): Promise<Server> {
  const id = InstanceId.safeParse(named);
  try {
    const found = await cloud.instances(id.success ? { ids: [id.data] } : { names: [named] });
    const [one] = found;
    if (one === undefined) return { kind: 'unknown', named, why: 'EC2 knows no such server' };
    if (found.length > 1) return { kind: 'unknown', named, why: `${found.length} servers have this Name; use an id` };
    return { kind: 'found', id: one.id, name: one.name, state: one.state, autoScalingGroup: one.autoScalingGroup };
  } catch (error) {
    const gone = isRefusal(error) && error.code === 'not-found';
    return { kind: 'unknown', named, why: gone ? 'EC2 knows no such server' : 'EC2 could not be asked' };
  }
}
