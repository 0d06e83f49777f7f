import { Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import type { Part, Story } from '#operations/story-contract.ts';
import type { InstanceId } from '#ports/ids.ts';

import type { RestorePlan } from './plan.ts';
import type { ServerPart, ServerResult } from './server-part.ts';
import type { ServerPlan } from './server-plan.ts';
import { mustStay } from './terraform.ts';

export type RestoreResult = {
  servers: (ServerResult & { id: InstanceId; name: string })[];
  /** What did not end done, with the reason; in the order of the plan. */
  others: { label: string; state: 'undone' | 'stuck' | 'skipped'; reason: string }[];
};

/** Every server is a part of its own: done or put back by itself. Fails only when none was restored. */
export async function restore(story: Story, plan: RestorePlan): Promise<RestoreResult> {
  const ended = await story.parts(
    plan.servers.map((server) => partOf(server, plan)),
    {
      failures: plan.failures,
      atOnce: plan.atOnce,
      ...(plan.filling === undefined ? {} : { weight: plan.filling.quota }),
    },
  );
  const result: RestoreResult = { servers: [], others: [] };
  for (const [at, { instance }] of plan.servers.entries()) {
    const end = ended[at]!;
    if (end.state === 'done')
      result.servers.push({ id: instance.id, name: instance.name, ...(end.result as unknown as ServerResult) });
    else result.others.push({ label: label(instance), state: end.state, reason: end.reason ?? 'no reason given' });
  }
  const first = result.others[0];
  if (result.servers.length > 0 || first === undefined || result.others.some(({ state }) => state === 'stuck'))
    return result;
  throw new Refusal(
    'conflict',
    result.others.length === 1
      ? first.reason
      : `None of ${result.others.length} servers was restored. ${first.label}: ${first.reason}`,
  );
}

function partOf(server: ServerPlan, { putsBack, filling, terraform }: RestorePlan): Part {
  const inTerraform = mustStay(terraform).filter((id) => server.swaps.some(({ out }) => out === id));
  const plan: ServerPart = { server, putsBack, inTerraform, ...(filling === undefined ? {} : { rate: filling.rate }) };
  return {
    key: server.instance.id,
    label: label(server.instance),
    plan,
    ...(filling === undefined ? {} : { weight: filling.rate * server.swaps.length }),
  };
}
