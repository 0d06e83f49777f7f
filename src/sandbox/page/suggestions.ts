import type { Ec2Dump, Ec2Instance, Workspace } from './shapes.ts';

/** A ready command, and what it shows. */
export type Suggestion = { line: string; says: string };

/** Commands for a newcomer, in the order of a first tour, with servers that exist here; only those the app has. */
export function suggestionsFor(commands: Workspace['commands'], ec2: Ec2Dump | undefined): readonly Suggestion[] {
  const running = (ec2?.instances ?? []).filter(({ state }) => state === 'running');
  const restorable = running.filter(hasDataVolume);
  const owner = restorable.find(({ name = '' }) => name.startsWith('db')) ?? restorable[0];
  const server = owner ?? running[0];
  const name = server?.name || server?.id;
  const tour: Suggestion[] = [{ line: '/fleet all', says: 'State, checks and last snapshot of each server' }];
  if (name !== undefined) tour.push({ line: `/snapshot ${name}`, says: 'All its volumes at one instant' });
  if (name !== undefined && owner !== undefined)
    tour.push({ line: `/restore ${name} --from latest`, says: 'Then become the approver and press Approve' });
  if (name !== undefined)
    tour.push({ line: `/tag ${name} owner=platform`, says: 'Shows the difference first; can be undone' });
  tour.push({ line: '/fleet all --account all --region all', says: 'Every account and Region side by side' });
  tour.push({ line: '/deck help', says: 'All commands you may run' }, { line: '/deck runs', says: 'What ran lately' });
  return tour.filter(({ line }) => commands.some(({ command }) => command === line.split(' ')[0]));
}

/** Has a volume beside its root, which can be put back. */
function hasDataVolume({ mappings = [], rootDevice = '' }: Ec2Instance): boolean {
  const isRoot = (device: string): boolean =>
    rootDevice === '' ? /^\/dev\/(?:xvda|sda1)$/.test(device) : device === rootDevice;
  return mappings.some(({ device }) => !isRoot(device));
}
