import type { Cloud } from '#ports/cloud.ts';

import type { ServerPlan } from './server-plan.ts';

/** How long the work will take, and what rules it; plain JSON. */
export type Estimate = { ms: number; rule: string };

export type Estimating = {
  servers: readonly ServerPlan[];
  atOnce: number;
  filling?: { rate: number; quota: number };
  /** One server alone, from the first call to its status checks: what earlier restores took, or the usual. */
  serverMs: number;
  pace: Cloud['pace'];
};

/** AWS throttles each of these by a bucket of its own; a volume or server takes one token of each. */
const perSwap = ['CreateVolume', 'DetachVolume', 'AttachVolume', 'ModifyInstanceAttribute'] as const;

/**
 * The scarcest of: the API buckets (calls beyond the burst, at the refill), the data to be filled within the Region's
 * quota, and the servers that may work at once; and then one server's own time. Pure.
 */
export function estimate(of: Estimating): Estimate {
  const swaps = of.servers.filter(({ method }) => method === 'swap').flatMap((server) => server.swaps);
  const tasks = of.servers.length - of.servers.filter(({ method }) => method === 'swap').length;
  const made = swaps.filter(({ put }) => put.kind === 'create').length;
  const counted: (readonly [action: string, calls: number])[] = [
    ...perSwap.map((action) => [action, action === 'CreateVolume' ? made : swaps.length] as const),
    ['CreateReplaceRootVolumeTask', tasks],
  ];
  const floors = counted.map(([action, calls]) => ({
    ms: floorMs(calls, of.pace(action)),
    rule: `AWS's rate for ${action}`,
  }));
  const rounds = Math.ceil(of.servers.length / of.atOnce) - 1;
  const own = of.serverMs + fillingMs(of);
  const scarcest = [...floors, dataFloor(of), { ms: rounds * own, rule: `${of.atOnce} servers at once` }].reduce(
    (a, b) => (b.ms > a.ms ? b : a),
  );
  return {
    ms: Math.round(scarcest.ms + own),
    rule: scarcest.ms > own ? scarcest.rule : "one server's own stop, start and checks",
  };
}

/** Ms until the last of `calls` may be sent. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
export function floorMs(calls: number, { burst, perSecond }: { burst: number; perSecond: number }): number {
  return (Math.max(0, calls - burst) / perSecond) * 1_000;
}

/** AWS fills at most `quota` MiB/s in a Region. Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html */
function dataFloor({ servers, filling }: Estimating): Estimate {
  if (filling === undefined) return { ms: 0, rule: '' };
  const mib = servers
    .flatMap(({ swaps }) => swaps)
    .reduce((sum, { put }) => sum + (put.kind === 'create' ? put.volume.sizeGiB * 1_024 : 0), 0);
  return { ms: (mib / filling.quota) * 1_000, rule: `${filling.quota} MiB/s of filling in a Region` };
}

/** The largest volume of any server, at its rate. */
function fillingMs({ servers, filling }: Estimating): number {
  if (filling === undefined) return 0;
  const largest = Math.max(
    0,
    ...servers.flatMap(({ swaps }) => swaps.map(({ put }) => (put.kind === 'create' ? put.volume.sizeGiB : 0))),
  );
  return ((largest * 1_024) / filling.rate) * 1_000;
}
