import { isRefusal } from '#errors.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import { InstanceId } from '#ports/ids.ts';

/** The server behind a site, as EC2 knows it now. `why`: literal text for the card. */
export type Server =
  | { kind: 'none' }
  | { kind: 'found'; id: InstanceId; name: string; state: string; autoScalingGroup: string | undefined; flags: string }
  | { kind: 'unknown'; named: string; why: string };

/** How long an answer is used again, and how long an alert waits for one. */
const usedForMs = 60_000;
const patienceMs = 5_000;

/** Another account or Region, and what a line needs behind it to get there. */
export type Elsewhere = { cloud: Pick<Cloud, 'instances'>; flags: string };

/** Finds the server behind a site by id or Name. Never throws and never takes longer than 5 s. */
export function createServerFinder(world: {
  cloud: Pick<Cloud, 'instances'>;
  elsewhere?: (() => readonly Elsewhere[]) | undefined;
  clock: Clock;
}) {
  const { cloud, elsewhere = () => [], clock } = world;
  const known = new Map<string, { at: number; answer: Promise<Server> }>();

  return async function find(named: string | undefined): Promise<Server> {
    if (named === undefined) return { kind: 'none' };
    let entry = known.get(named);
    if (entry === undefined || clock.monotonic() - entry.at >= usedForMs) {
      entry = { at: clock.monotonic(), answer: askEverywhere(named, [{ cloud, flags: '' }, ...elsewhere()]) };
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

/** Home goes before the others, which are asked only about what home does not know. */
async function askEverywhere(named: string, [home, ...others]: readonly [Elsewhere, ...Elsewhere[]]): Promise<Server> {
  const atHome = await ask(home, named);
  if (atHome.kind !== 'unknown' || atHome.why !== unknownThere) return atHome;
  const answers = await Promise.all(others.map((place) => ask(place, named)));
  const found = answers.filter(({ kind }) => kind === 'found');
  if (found.length > 1)
    return { kind: 'unknown', named, why: `${found.length} accounts or Regions have such a server; use an id` };
  return found[0] ?? answers.find((answer) => answer.kind === 'unknown' && answer.why !== unknownThere) ?? atHome;
}

const unknownThere = 'EC2 knows no such server';

async function ask({ cloud, flags }: Elsewhere, named: string): Promise<Server> {
  const byId = InstanceId.safeParse(named);
  try {
    const found = await cloud.instances(byId.success ? { ids: [byId.data] } : { names: [named] });
    const [one] = found;
    if (one === undefined) return { kind: 'unknown', named, why: unknownThere };
    if (found.length > 1) return { kind: 'unknown', named, why: `${found.length} servers have this Name; use an id` };
    const { id, name, state, autoScalingGroup } = one;
    return { kind: 'found', id, name, state, autoScalingGroup, flags };
  } catch (error) {
    const gone = isRefusal(error) && error.code === 'not-found';
    return { kind: 'unknown', named, why: gone ? unknownThere : 'EC2 could not be asked' };
  }
}
