import { describe, expect, it } from 'vitest';

import type { Server } from '#sandbox/parts.ts';
import { createDemoSite, type Cure } from '#sandbox/site.ts';

const first = { state: 'running', bootedAt: 1, startedAt: 1, disks: [{ id: 'vol-1', fromSnapshot: true }] };
type Change = 'restart' | 'reboot' | 'start' | 'restore' | 'stop' | 'another disk';

/** A site in trouble on a server; whether it is well again after the change. */
function isMendedBy(change: Change, cure: Cure): boolean {
  let server: Partial<Server> = first;
  const site = createDemoSite(() => server as Server);
  site.set({ status: 500, cure });
  if (change === 'restart') site.restarted();
  if (change === 'reboot') server = { ...server, bootedAt: 2 };
  if (change === 'start') server = { ...server, bootedAt: 2, startedAt: 2 };
  if (change === 'stop') server = { ...server, state: 'stopped', startedAt: 2 };
  if (change === 'restore') server = { ...server, disks: [{ id: 'vol-2', fromSnapshot: true }] };
  if (change === 'another disk') server = { ...server, disks: [...first.disks, { id: 'vol-3', fromSnapshot: false }] };
  return site.state().status === 200;
}

describe('the demo site on its server', () => {
  it.each<[Cure, readonly Change[]]>([
    ['restart', ['restart', 'reboot', 'start']],
    ['reboot', ['reboot', 'start']],
    ['start', ['start']],
    ['restore', ['restore']],
    ['nothing', []],
  ])('whose cure is %s is mended by %j alone', (cure, by) => {
    const all: readonly Change[] = ['restart', 'reboot', 'start', 'restore', 'stop', 'another disk'];

    expect(all.filter((change) => isMendedBy(change, cure))).toEqual(by);
  });
});
