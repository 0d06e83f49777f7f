import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ControlAnswer, Server } from './parts.ts';

/**
 * The least that mends it: starting anew what serves it, a reboot of its server, a stop and a start of it, a disk of it
 * that came from a snapshot. What is more than the least mends it too, but a restored disk is a matter of its own.
 */
const cures = ['restart', 'reboot', 'start', 'restore', 'nothing'] as const;
export type Cure = (typeof cures)[number];

/** How the demo site answers now. */
export type SiteState = {
  /** False: connections are reset, as by a server that is down. */
  up: boolean;
  /** HTTP status of its answer, 200–599. */
  status: number;
  /** Ms before it answers, at most 120,000. */
  latencyMs: number;
  cure: Cure;
  /** Requests it has seen so far. */
  requests: number;
};

/** A small web site that can be broken on purpose, so that site checks have something to watch. */
export type DemoSite = {
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  state: () => SiteState;
  /** Sets any of the fields; what is not named stays. 400 names what is wrong and changes nothing. */
  set: (input: unknown) => ControlAnswer;
  /** What serves it was started anew: up, fast and 200 again, if that is its cure. */
  restarted: () => void;
  onChange: (listener: () => void) => void;
};

const longestLatencyMs = 120_000;
const fields = 'up, status, latencyMs and cure';
const example = 'for example {"up":true,"status":200,"latencyMs":0}';

/**
 * A site that is up, answers 200 at once and holds the text "Deckhand demo shop". It stands on the server, when there is
 * one: while that does not run, nobody answers.
 */
export function createDemoSite(server: () => Server | undefined = () => undefined): DemoSite {
  let state: SiteState = { up: true, status: 200, latencyMs: 0, cure: 'restart', requests: 0 };
  /** Its server when it was last told how to be. */
  let before = server();
  const listeners: (() => void)[] = [];
  function change(to: Partial<SiteState>): void {
    state = { ...state, ...to };
    before = server();
    for (const listener of listeners) listener();
  }
  function mend(): void {
    change({ up: true, status: 200, latencyMs: 0 });
  }
  /** What has become of its server meanwhile counts now. */
  function settled(): SiteState {
    const isWell = state.up && state.status < 400 && state.latencyMs === 0;
    if (!isWell && isCuredBy(state.cure, before, server())) mend();
    return state;
  }
  return {
    handle: (request, response) => {
      const { up, status, latencyMs } = settled();
      state = { ...state, requests: state.requests + 1 };
      if (!up || (server()?.state ?? 'running') !== 'running') {
        request.socket.resetAndDestroy();
        return;
      }
      const timer = setTimeout(() => answer(request, response, status), latencyMs);
      response.once('close', () => clearTimeout(timer));
    },
    state: settled,
    set: (input) => {
      const wanted = readChange(input);
      if (typeof wanted === 'string') return { status: 400, body: { error: wanted } };
      change(wanted);
      return { status: 200, body: state };
    },
    restarted: () => {
      if (state.cure === 'restart') mend();
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

function isCuredBy(cure: Cure, before: Server | undefined, now: Server | undefined): boolean {
  if (before === undefined || now?.state !== 'running') return false;
  switch (cure) {
    case 'restart':
    case 'reboot':
      return now.bootedAt > before.bootedAt;
    case 'start':
      return now.startedAt > before.startedAt;
    case 'restore':
      return now.disks.some(({ id, fromSnapshot }) => fromSnapshot && !before.disks.some((one) => one.id === id));
    case 'nothing':
      return false;
  }
}

/** The change, or what is wrong with it. */
function readChange(input: unknown): Partial<Omit<SiteState, 'requests'>> | string {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return `The site's state must be a JSON object, ${example}.`;
  const change: Partial<Omit<SiteState, 'requests'>> = {};
  for (const [field, value] of Object.entries(input)) {
    if (field === 'up' && typeof value === 'boolean') change.up = value;
    else if (field === 'cure' && cures.includes(value as Cure)) change.cure = value as Cure;
    else if (field === 'status' && isWhole(value, 200, 599)) change.status = value;
    else if (field === 'latencyMs' && isWhole(value, 0, longestLatencyMs)) change.latencyMs = value;
    else return `${wrongField(field)} Send any of ${fields}, ${example}.`;
  }
  if (Object.keys(change).length === 0) return `Nothing to change. Send any of ${fields}, ${example}.`;
  return change;
}

function wrongField(field: string): string {
  if (field === 'up') return '"up" must be true or false.';
  if (field === 'cure') return `"cure" must be one of ${cures.join(', ')}.`;
  if (field === 'status') return '"status" must be a whole number from 200 to 599.';
  if (field === 'latencyMs') return `"latencyMs" must be a whole number from 0 to ${longestLatencyMs}.`;
  return `There is no field ${JSON.stringify(field.slice(0, 40))}.`;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function answer(request: IncomingMessage, response: ServerResponse, status: number): void {
  const body = status < 400 ? shop : broken(status);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  // Statuses without a body (204, 304) and HEAD take the headers only; node drops what they may not carry.
  response.end(request.method === 'HEAD' ? undefined : body);
}

const shop = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Deckhand demo shop</title></head>
<body style="font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem">
<h1>Deckhand demo shop</h1>
<p>Rope, cleats and brass hooks. This site belongs to the sandbox: break it on the sandbox page and watch the alert.</p>
<ul><li>Three-strand rope, 20 m: 18.00</li><li>Brass snap hook: 6.50</li><li>Deck brush: 11.20</li></ul>
</body>
</html>
`;

function broken(status: number): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Error ${status}</title></head>
<body><h1>Error ${status}</h1><p>The shop cannot serve you now.</p></body></html>
`;
}
