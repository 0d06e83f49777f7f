/// <reference lib="dom" />
import { post } from './api.ts';
import { toast } from './dialogs.ts';
import { byId, fill, h } from './dom.ts';
import type { Child } from './dom.ts';
import { troubleOf } from './fleet-view.ts';
import type { Ec2Dump, Ec2Instance, Ec2Volume } from './shapes.ts';
import type { State, Store } from './store.ts';
import { deniable, faultWords, siteStates, troubles } from './troubles.ts';

/** A button of the panel: what it sends, and what it says when that was done. */
type Cause = {
  /** Sent one after the other. */
  bodies: readonly object[];
  says: string;
  path?: 'site';
  /** For buttons that show a state. */
  pressed?: boolean;
  good?: boolean;
  /** Its accessible name, when the label alone says too little. */
  name?: string;
};
type Panel = {
  button: (label: string, cause: Cause) => HTMLElement;
  /** What the menus of the panel stand on. */
  chosen: { instance: string; action: string };
  redraw: () => void;
};

/** The "Break things" panel. Answers the function that draws it. */
export function createTrouble(store: Store): (state: State) => void {
  const section = byId('trouble');
  const chosen = { instance: '', action: deniable[0] as string };

  async function send({ path, bodies, says }: Cause): Promise<void> {
    let failed: string | undefined;
    for (const body of bodies) failed ??= (await post(path ?? 'faults', body)).error;
    toast(failed ?? says, failed === undefined ? 'note' : 'error');
    await Promise.all([store.refresh('ec2'), store.refresh('site'), store.refresh('slack')]);
  }
  const panel: Panel = {
    chosen,
    button: (label, cause) => buttonView(label, cause, () => void send(cause)),
    redraw: () => {
      section.dataset['version'] = '';
      draw(store.state());
    },
  };
  function draw({ ec2, site }: State): void {
    const { requests: _requests, ...shown } = site ?? { requests: 0 };
    const servers = ec2?.instances.map((one) => [one.id, one.name, one.state, troubleOf(one)]);
    const volumes = ec2?.volumes.map(({ id, trouble }) => [id, trouble]);
    const version = JSON.stringify([servers, volumes, ec2?.faults, shown, chosen]);
    if (section.dataset['version'] === version) return;
    section.dataset['version'] = version;
    const focused = section.contains(document.activeElement)
      ? document.activeElement?.getAttribute('data-focus')
      : undefined;
    const mend = panel.button('Mend all', { bodies: mending(ec2), says: 'Everything works again.' });
    fill(
      section,
      h('h2', { id: 'trouble-title' }, 'Break things', mend),
      h('div', { class: 'trouble' }, linesOf(panel, ec2, site)),
      faultsView(ec2?.faults ?? []),
    );
    if (typeof focused === 'string')
      section.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
  return draw;
}

/** Longest menu of servers; a fleet of thousands would make the page slow. */
const mostServers = 300;

/** Clears the faults of every part, and heals servers and volumes, which `clear` leaves as they are. */
function mending(ec2: Ec2Dump | undefined): readonly object[] {
  const impaired = ec2?.instances.filter((one) => troubleOf(one) !== undefined) ?? [];
  const stopped = ec2?.volumes.filter(({ trouble }) => trouble !== undefined) ?? [];
  return [
    troubles.clear,
    ...impaired.map(({ id }) => troubles.heal(id)),
    ...stopped.map(({ id }) => troubles.healVolume(id)),
  ];
}

function faultsView(faults: readonly unknown[]): Child {
  if (faults.length === 0) return undefined;
  const items = faults.map((fault) => h('li', {}, faultWords(fault)));
  return h('ul', { class: 'faults', 'aria-label': 'Broken now' }, items);
}

function linesOf(panel: Panel, ec2: Ec2Dump | undefined, site: State['site']): readonly Child[] {
  const instances = ec2?.instances ?? [];
  const heading = (text: string): HTMLElement => h('div', { class: 'heading' }, text);
  return [
    heading('Demo site'),
    siteLine(panel, site),
    h(
      'a',
      { class: 'hint', href: '/status', target: '_blank', 'data-testid': 'status-page' },
      'Its public status page',
    ),
    heading('A server’s status check'),
    serverLine(panel, instances),
    heading('The data of that server'),
    volumeLine(panel, ec2?.volumes ?? []),
    heading('AWS'),
    permissionLine(panel),
    h(
      'div',
      { class: 'line' },
      panel.button('Fail next snapshot', {
        bodies: [troubles.failSnapshot],
        says: 'The next snapshot will end in error.',
      }),
      panel.button('Fail next root', {
        bodies: [troubles.failRoot],
        says: 'The next replacement of a root volume will fail and keep the old one.',
        name: 'Fail next root replacement',
      }),
      panel.button('Throttle', {
        bodies: [troubles.throttle],
        says: 'AWS answers the next 30 calls with RequestLimitExceeded.',
        name: 'Throttle EC2',
      }),
    ),
    heading('Slack'),
    h(
      'div',
      { class: 'line' },
      panel.button('Disconnect the socket', {
        bodies: [troubles.disconnect],
        says: 'Slack closed the socket. Deckhand connects again by itself.',
      }),
    ),
  ];
}

function siteLine({ button }: Panel, site: State['site']): Child {
  const isNow = ({ up, status, latencyMs }: (typeof siteStates)[number]['set']): boolean =>
    site !== undefined && site.up === up && (!up || (site.status === status && site.latencyMs === latencyMs));
  const buttons = siteStates.map(({ label, set }) => {
    const name = `Demo site: ${label.toLowerCase()}`;
    return button(label, {
      path: 'site',
      bodies: [set],
      says: `${name}.`,
      pressed: isNow(set),
      good: label === 'Up',
      name,
    });
  });
  return h('div', { class: 'line', role: 'group', 'aria-label': 'Demo site' }, buttons);
}

function serverLine({ button, chosen, redraw }: Panel, instances: readonly Ec2Instance[]): Child {
  const servers = instances.filter(({ state }) => state === 'running');
  const server = servers.find(({ id }) => id === chosen.instance) ?? servers[0];
  if (server === undefined)
    return h('p', { class: 'hint' }, instances.length === 0 ? 'Looking at the servers…' : 'No server is running.');
  chosen.instance = server.id;
  const name = server.name || server.id;
  const options = servers.slice(0, mostServers).map((one) => [one.id, one.name || one.id] as const);
  const menu = chooser({ label: 'Server to impair', options, value: server.id }, (value) => {
    chosen.instance = value;
    redraw();
  });
  const action =
    troubleOf(server) === undefined
      ? button('Impair', {
          bodies: [troubles.impair(server.id)],
          says: `The status check of ${name} fails now. Watch #alerts.`,
          name: 'Impair the server',
        })
      : button('Heal', { bodies: [troubles.heal(server.id)], says: `${name} is well again.`, name: 'Heal the server' });
  return h('div', { class: 'line' }, menu, action);
}

/** The first data volume of the chosen server. */
function volumeLine({ button, chosen }: Panel, volumes: readonly Ec2Volume[]): Child {
  const isData = ({ attachments = [] }: Ec2Volume): boolean =>
    attachments.some(({ instanceId, device }) => instanceId === chosen.instance && device !== '/dev/xvda');
  const volume = volumes.find(isData);
  if (volume === undefined) return h('p', { class: 'hint' }, 'It has no data volume.');
  const name = volume.name || volume.id;
  const action =
    volume.trouble === undefined
      ? button('Stop its I/O', {
          bodies: [troubles.stopIo(volume.id)],
          says: `AWS has stopped the I/O of ${name}: its data may be inconsistent.`,
        })
      : button('Heal it', { bodies: [troubles.healVolume(volume.id)], says: `${name} is well again.` });
  return h('div', { class: 'line' }, action);
}

function permissionLine({ button, chosen, redraw }: Panel): Child {
  const options = deniable.map((name) => [name, `ec2:${name}`] as const);
  const menu = chooser({ label: 'Permission to deny', options, value: chosen.action }, (value) => {
    chosen.action = value;
    redraw();
  });
  const deny = button('Deny', {
    bodies: [troubles.deny(chosen.action)],
    says: `AWS refuses ec2:${chosen.action} now.`,
    name: 'Deny the permission',
  });
  return h('div', { class: 'line' }, menu, deny);
}

function buttonView(label: string, { pressed, good, name }: Cause, onclick: () => void): HTMLElement {
  return h(
    'button',
    {
      type: 'button',
      class: good === true ? 'button good' : 'button',
      'aria-label': name,
      'aria-pressed': pressed === undefined ? undefined : String(pressed),
      'data-focus': name ?? label,
      onclick,
    },
    label,
  );
}

function chooser(
  of: { label: string; options: readonly (readonly [value: string, label: string])[]; value: string },
  change: (value: string) => void,
): HTMLElement {
  const select = h(
    'select',
    { class: 'field', 'aria-label': of.label, 'data-focus': of.label },
    of.options.map(([value, label]) => h('option', { value, selected: value === of.value }, label)),
  );
  select.addEventListener('change', () => change(select.value));
  return select;
}
