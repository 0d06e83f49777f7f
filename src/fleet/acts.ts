import type { History, Run } from '#ports/history.ts';

/** What a run of ours did to a server. `failed`: it ended undone or stuck. */
export type Act = { kind: ActKind; at: number; failed: boolean };
export type ActKind = 'reboot' | 'move' | 'restore' | 'start';

/** Runs of each operation that are looked back at: an alert lasts hours, not weeks. */
const lookedAt = 50;
const operations = ['restart', 'migrate', 'event', 'restore', 'start'] as const;

/** What our runs did to each server lately, the newest first. Repeatable. */
export async function lastActs({
  runs,
}: {
  runs: Pick<History['runs'], 'recent'>;
}): Promise<ReadonlyMap<string, readonly Act[]>> {
  const lists = await Promise.all(
    operations.map((operation) =>
      runs.recent({ limit: lookedAt, operation, states: ['done', 'undone', 'stuck'] }).then((found) => ({
        operation,
        found,
      })),
    ),
  );
  const acts = new Map<string, Act[]>();
  for (const { operation, found } of lists)
    for (const run of found)
      for (const [id, act] of actsOf(operation, run)) acts.set(id, [...(acts.get(id) ?? []), act]);
  return new Map([...acts].map(([id, all]) => [id, all.toSorted((a, b) => b.at - a.at)]));
}

/** Those since something began; what was tried before did not fail to help. Pure. */
export function since<A extends Pick<Act, 'at'>>(acts: readonly A[] | undefined, began: number): readonly A[] {
  return (acts ?? []).filter(({ at }) => at > began);
}

function actsOf(operation: (typeof operations)[number], run: Run): readonly (readonly [string, Act])[] {
  const at = run.endedAt ?? run.updatedAt;
  const of = (ids: readonly string[], kind: ActKind, isDone = (_id: string) => run.state === 'done') =>
    ids.map((id) => [id, { kind, at, failed: !isDone(id) }] as const);
  const { plan } = run.order;
  switch (operation) {
    case 'restart':
      return of(idsOf((plan as Plans['restart']).instances), 'reboot');
    case 'start':
    case 'migrate':
      return of(idsOf((plan as Plans['migrate']).servers), operation === 'start' ? 'start' : 'move');
    case 'event': {
      const { server, how } = plan as Plans['event'];
      return how?.kind === 'later' ? [] : of(idsOf([server]), how?.kind === 'reboot' ? 'reboot' : 'move');
    }
    case 'restore': {
      const { servers = [], putsBack } = plan as Plans['restore'];
      const ended = (run.result as { servers?: readonly { id: string }[] } | undefined)?.servers ?? [];
      const done = new Set(idsOf(ended));
      return putsBack === true
        ? []
        : of(idsOf(servers.map(({ instance }) => instance)), 'restore', (id) => run.state === 'done' && done.has(id));
    }
  }
}

function idsOf(list: readonly ({ id: string } | undefined)[] | undefined): readonly string[] {
  return (list ?? []).flatMap((one) => one?.id ?? []);
}

type Named = { id: string };
/** As the operations wrote them. */
type Plans = {
  restart: { instances?: readonly Named[] };
  migrate: { servers?: readonly Named[] };
  event: { server?: Named; how?: { kind: 'later' | 'move' | 'reboot' } };
  restore: { servers?: readonly { instance?: Named }[]; putsBack?: boolean };
};
