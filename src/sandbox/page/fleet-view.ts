/// <reference lib="dom" />
import { byId, fill, h } from './dom.ts';
import type { Child } from './dom.ts';
import type { Ec2Dump, Ec2Instance } from './shapes.ts';
import type { State } from './store.ts';

const mostServers = 40;
const mostRefused = 5;

/** Draws how the simulated EC2 is now: broken promises first, then counts and servers, those in trouble on top. */
export function drawFleet({ ec2, workspace }: State): void {
  const view = byId('fleet');
  if (ec2 === undefined) return;
  const servers = [...ec2.instances].toSorted((one, other) => weight(other) - weight(one));
  const rest = servers.length - mostServers;
  fill(
    view,
    h('h2', { id: 'fleet-title' }, 'Simulated EC2', h('small', {}, `${ec2.calls.total} API calls`)),
    brokenView(ec2),
    h('div', { class: 'counts' }, countsOf(ec2)),
    h('div', { 'data-testid': 'servers' }, servers.slice(0, mostServers).map(serverView)),
    rest > 0 && h('p', { class: 'hint' }, `and ${rest} more, all as calm as these`),
    refusedView(workspace?.refused ?? []),
  );
}

function brokenView({ invariants }: Ec2Dump): Child {
  if (invariants.length === 0) return undefined;
  return h(
    'div',
    { class: 'broken', role: 'alert', 'data-testid': 'broken' },
    h('strong', {}, 'Left half-done'),
    h(
      'ul',
      {},
      invariants.map((sentence) => h('li', {}, sentence)),
    ),
  );
}

function countsOf({ instances, volumes, snapshots }: Ec2Dump): readonly HTMLElement[] {
  const count = (label: string, value: string): HTMLElement => h('div', {}, h('strong', {}, value), label);
  const running = instances.filter(({ state }) => state === 'running').length;
  const pending = snapshots.filter(({ state }) => state === 'pending').length;
  return [
    count('servers running', `${running}/${instances.length}`),
    count('volumes', String(volumes.length)),
    count(pending > 0 ? `snapshots, ${pending} pending` : 'snapshots', String(snapshots.length)),
  ];
}

function serverView(server: Ec2Instance): HTMLElement {
  const trouble = troubleOf(server);
  const look =
    trouble !== undefined ? 'bad' : server.state === 'running' ? 'good' : server.state === 'stopped' ? '' : 'moving';
  return h(
    'div',
    { class: 'server' },
    h('span', { class: `dot ${look}`, 'aria-hidden': 'true' }),
    h(
      'span',
      { class: 'name', title: server.id },
      server.name || server.id,
      h('small', {}, ` ${server.name ? server.id : ''}`),
    ),
    h('small', {}, trouble ?? server.state),
  );
}

/** The first check that is impaired, in words. */
export function troubleOf({ status = {} }: Ec2Instance): string | undefined {
  const bad = Object.entries(status).find(([, state]) => state === 'impaired');
  return bad === undefined ? undefined : `${bad[0]} check impaired`;
}

function weight(server: Ec2Instance): number {
  if (troubleOf(server) !== undefined) return 3;
  if (server.state !== 'running' && server.state !== 'stopped') return 2;
  return server.state === 'stopped' ? 0 : 1;
}

function refusedView(refused: NonNullable<State['workspace']>['refused']): Child {
  if (refused.length === 0) return undefined;
  return [
    h('h2', { style: undefined }, h('span', {}, 'Slack refused')),
    h(
      'ul',
      { class: 'log' },
      refused
        .slice(-mostRefused)
        .map(({ method, error, detail }) =>
          h('li', {}, `${method}: ${error}${detail === undefined ? '' : ` (${detail})`}`),
        ),
    ),
  ];
}
