import { csvOf } from '#lib/csv.ts';
import type { TextFile } from '#operations/contract.ts';

import type { RestorePlan } from './plan.ts';
import { sourceOf } from './server-plan.ts';
import type { RestoreResult } from './story.ts';

/** A card names ten servers; with more, the whole plan and what became of it come as a list each. */
const shownOnCard = 10;

export function lists(plan: RestorePlan, result: RestoreResult | undefined): readonly TextFile[] {
  if (plan.servers.length <= shownOnCard) return [];
  return [result === undefined ? planList(plan) : resultList(plan, result)];
}

function planList({ servers, left }: RestorePlan): TextFile {
  const rows = servers.flatMap(({ instance, method, swaps }) =>
    swaps.map((swap) => [
      instance.name,
      instance.id,
      instance.zone,
      instance.env,
      swap.device,
      swap.out,
      sourceOf(swap),
      ...(swap.put.kind === 'create'
        ? [new Date(swap.put.takenAt).toISOString(), swap.put.volume.sizeGiB, swap.put.volume.type]
        : ['', '', '']),
      method === 'swap' ? 'stop, exchange, start' : 'replaced by AWS, reboot',
    ]),
  );
  const untouched = left.map(({ label, why }) => [label, '', '', '', '', '', '', '', '', '', `left as it is: ${why}`]);
  const columns = ['server', 'id', 'zone', 'env', 'device', 'old volume', 'from', 'taken', 'GiB', 'type', 'how'];
  return { name: 'restore-plan.csv', title: 'The whole plan', text: csvOf(columns, [...rows, ...untouched]) };
}

function resultList({ servers }: RestorePlan, { servers: done, others }: RestoreResult): TextFile {
  const names = new Map(servers.map(({ instance }) => [instance.id, instance.name]));
  const rows = done.flatMap(({ id, swaps, checks, heldUntil }) =>
    swaps.map((swap) => [
      names.get(id) ?? '',
      id,
      'done',
      swap.device,
      swap.old,
      swap.new,
      checks,
      new Date(heldUntil).toISOString(),
      '',
    ]),
  );
  const failed = others.map(({ label, state, reason }) => [label, '', state, '', '', '', '', '', reason]);
  const columns = ['server', 'id', 'state', 'device', 'old volume', 'new volume', 'checks', 'kept until', 'why'];
  return {
    name: 'restore-result.csv',
    title: 'What became of each server',
    text: csvOf(columns, [...rows, ...failed]),
  };
}
