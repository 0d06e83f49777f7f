import type { Ec2Dump, Ec2Instance, Workspace } from './shapes.ts';

/** A ready command, and what it shows. */
export type Suggestion = { line: string; says: string };

/** Commands for a newcomer, in the order of a first tour, with names and ids that exist here; only those the app has. */
export function suggestionsFor(commands: Workspace['commands'], ec2: Ec2Dump | undefined): readonly Suggestion[] {
  const running = (ec2?.instances ?? []).filter(({ state }) => state === 'running');
  const owner = running.find((one) => dataVolume(one) !== undefined);
  const data = owner === undefined ? undefined : dataVolume(owner);
  const server = owner ?? running[0];
  const name = server?.name || server?.id;
  const tour: readonly (Suggestion | undefined)[] = [
    { line: '/fleet all', says: 'State, checks and last snapshot of each server' },
    name === undefined ? undefined : { line: `/snapshot ${name}`, says: 'All its volumes at one instant' },
    data === undefined
      ? undefined
      : {
          line: `/restore ${data} --from latest`,
          says: 'Then become the approver and press Approve',
        },
    name === undefined
      ? undefined
      : { line: `/tag ${name} owner=platform`, says: 'Shows the difference first; can be undone' },
    { line: '/deck help', says: 'All commands you may run' },
    { line: '/deck runs', says: 'What ran lately' },
  ];
  return tour.filter(
    (one) => one !== undefined && commands.some(({ command }) => command === one.line.split(' ')[0]),
  ) as readonly Suggestion[];
}

/** A volume that is not the root: it can be restored without stopping the server. */
function dataVolume({ mappings = [], rootDevice = '' }: Ec2Instance): string | undefined {
  const isRoot = (device: string): boolean =>
    rootDevice === '' ? /^\/dev\/(?:xvda|sda1)$/.test(device) : device === rootDevice;
  return mappings.find(({ device }) => !isRoot(device))?.volumeId;
}
