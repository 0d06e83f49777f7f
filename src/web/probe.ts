import type { Clock } from '#ports/clock.ts';
import type { Probe, ProbeResult, Web } from '#ports/web.ts';

import { readText } from './body.ts';
import { type Connect, createConnect } from './connection.ts';
import { classify, dnsSilence, type Failure, Found, silence } from './failures.ts';
import { type Answer, request } from './request.ts';
import { createResolver, type Resolved, type Resolver } from './resolver.ts';
import { createStalls } from './stalls.ts';
import { createTrip, type Trip } from './trip.ts';

/**
 * Our event loop standing still for this long, and for this part of the deadline, makes a silence ours instead of the
 * site's: a short stop does not explain ten seconds without an answer.
 */
const standstillMs = 200;
const standstillPart = 0.1;

/**
 * Checks of web sites: each over a fresh connection, by an own resolver, under one absolute deadline, with exactly one
 * class per failure. Addresses inside the network are refused unless `allowPrivate` (hosts, addresses, CIDRs; read at
 * every connection) names them; instance metadata is refused always, on every redirect too.
 */
export function createWeb(world: { allowPrivate: () => readonly string[]; clock: Clock; resolver?: Resolver }): Web {
  const { clock } = world;
  const resolver = world.resolver ?? createResolver({ clock });
  const connect = createConnect({ resolver, allowPrivate: world.allowPrivate });
  const stalls = createStalls({ clock });

  async function probe(of: Probe): Promise<ProbeResult> {
    const startedAt = clock.now();
    const trip = createTrip(clock);
    const watch = stalls.begin();
    const found: Seen = { status: undefined, certificate: undefined, addresses: undefined };
    const { failure, silent } = await bounded(of, trip, found);
    trip.end();
    const ours = silent && stoodStill(watch.standstillMs(), of.deadlineMs);
    watch.end();
    return {
      startedAt,
      phases: trip.phases(),
      ...(found.status === undefined ? {} : { status: found.status }),
      ...(found.certificate === undefined ? {} : { certificate: found.certificate }),
      ...(found.addresses === undefined ? {} : { addresses: found.addresses }),
      ...(failure === undefined ? {} : { failure: ours ? overloaded : failure }),
    };
  }

  /** What is wrong, if anything; never later than the deadline. `silent`: judged by a time limit of ours. */
  async function bounded(of: Probe, trip: Trip, found: Seen): Promise<{ failure?: Failure; silent: boolean }> {
    let cancel = () => {};
    const over = new Promise<{ failure: Failure; silent: boolean }>((resolve) => {
      cancel = clock.after(of.deadlineMs, () =>
        resolve({ failure: silence(trip.stage(), of.deadlineMs), silent: true }),
      );
    });
    const walked = walk(connect, of, trip, found).then(
      () => ({ silent: false }),
      (error: unknown) => {
        if (error instanceof Found && error.certificate !== undefined) see(found, error.certificate);
        const failure = classify(error, trip.stage());
        return { failure, silent: failure === dnsSilence };
      },
    );
    const outcome = await Promise.race([walked, over]);
    cancel();
    return outcome;
  }

  return {
    probe,
    close: async () => resolver.close(),
  };
}

type Seen = { [K in 'status' | 'certificate' | 'addresses']: ProbeResult[K] | undefined };

/** Asks, follows redirects by hand, and judges the last answer. Throws what is wrong. */
async function walk(connect: Connect, of: Probe, trip: Trip, found: Seen): Promise<void> {
  let url = target(of.url, undefined);
  const follows = (status: number, location: string | undefined) =>
    of.maxRedirects > 0 && location !== undefined && isRedirect(status) && !of.statuses.includes(status);
  for (let hops = 0; ; hops++) {
    const wantsBody = (status: number, location: string | undefined) => !follows(status, location) && isUp(of, status);
    const hop = createHop(trip);
    const onResolved = (addresses: Resolved) => void (found.addresses ??= addresses.map(({ address }) => address));
    const options = { freshDns: of.freshDns, verifyTls: of.verifyTls, wantsBody, onResolved };
    const answer = await request(connect, url, options, hop);
    hop.end();
    found.status = answer.status;
    if (answer.certificate !== undefined) see(found, answer.certificate);
    if (answer.location === undefined || !follows(answer.status, answer.location)) return judge(of, answer);
    if (hops >= of.maxRedirects)
      throw new Found({ class: 'status', detail: `more than ${of.maxRedirects} redirects (HTTP ${answer.status})` });
    url = target(answer.location, url);
  }
}

/** The connection of one hop ends with it; the time goes on. */
function createHop(trip: Trip): Trip {
  const closes: (() => void)[] = [];
  const end = () => {
    for (const close of closes.splice(0)) close();
  };
  trip.onEnd(end);
  return { ...trip, onEnd: (close) => void closes.push(close), end };
}

async function judge(of: Probe, answer: Answer): Promise<void> {
  if (!isUp(of, answer.status)) throw new Found({ class: 'status', detail: `HTTP ${answer.status}` });
  if (of.contains === undefined) return;
  const text = await readText(answer.chunks, answer.encoding);
  if (!text.includes(of.contains))
    throw new Found({ class: 'body', detail: `HTTP ${answer.status}, but the expected text is missing` });
}

function isUp(of: Probe, status: number): boolean {
  return of.statuses.length === 0 ? status >= 200 && status < 400 : of.statuses.includes(status);
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Where to go; credentials in a redirect are dropped. Throws Found (`blocked`) for anything a check must not follow. */
function target(to: string, from: URL | undefined): URL {
  const url = URL.parse(to, from);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Found({
      class: 'blocked',
      detail:
        from === undefined
          ? 'that is no http or https address'
          : 'the redirect leads to something that is no http or https address',
    });
  if (from?.protocol === 'https:' && url.protocol === 'http:')
    throw new Found({ class: 'blocked', detail: 'the redirect leads from https to http' });
  url.username = '';
  url.password = '';
  return url;
}

/** Of several certificates on the way, the one that ends first is told. */
function see(found: Seen, certificate: NonNullable<ProbeResult['certificate']>): void {
  if (found.certificate === undefined || certificate.validTo < found.certificate.validTo)
    found.certificate = certificate;
}

function stoodStill(ms: number, deadlineMs: number): boolean {
  return ms > Math.max(standstillMs, deadlineMs * standstillPart);
}

const overloaded: Failure = {
  class: 'monitor',
  detail: 'Deckhand itself stood still meanwhile; the machine is overloaded',
};
