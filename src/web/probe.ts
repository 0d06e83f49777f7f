import type { Clock } from '#ports/clock.ts';
import type { Probe, ProbeResult, Web } from '#ports/web.ts';

import { refusalOf } from './address.ts';
import { createConnect } from './connection.ts';
import { byOlderAnswer, classify, dnsSilence, type Failure, Found, silence } from './failures.ts';
import { askHttp } from './http.ts';
import { ping } from './ping.ts';
import { askDns } from './records.ts';
import { type Answered, createResolver, type Resolver } from './resolver.ts';
import type { Secrets } from './secrets.ts';
import { nothingSeen, see, seeAnswer, type Seen, whatIsSeen } from './seen.ts';
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
export function createWeb(world: {
  allowPrivate: () => readonly string[];
  clock: Clock;
  /** Variables that headers and bodies name; none when left out. */
  secrets?: Secrets;
  resolver?: Resolver;
}): Web {
  const { clock, allowPrivate, secrets = () => undefined } = world;
  const resolver = world.resolver ?? createResolver({ clock });
  const { connect, locate } = createConnect({ resolver, allowPrivate });
  const stalls = createStalls({ clock });

  async function probe(of: Probe): Promise<ProbeResult> {
    const startedAt = clock.now();
    const trip = createTrip(clock);
    const watch = stalls.begin();
    const found = nothingSeen();
    if (of.freshDns) seeCanonical(of, found);
    const { failure, silent } = await bounded(of, trip, found);
    trip.end();
    const ours = silent && stoodStill(watch.standstillMs(), of.deadlineMs);
    watch.end();
    return {
      startedAt,
      phases: trip.phases(),
      ...whatIsSeen(found),
      ...(failure === undefined ? {} : { failure: ours ? overloaded : byOlderAnswer(failure, found.staleDns) }),
    };
  }

  /** No check waits for it: what comes later is there for the next one. */
  function seeCanonical({ url }: Probe, found: Seen): void {
    const host = URL.parse(url)?.hostname ?? '';
    if (host !== '') void resolver.canonical(host).then((name) => void (found.canonical = name));
  }

  /** What is wrong, if anything; never later than the deadline. `silent`: judged by a time limit of ours. */
  async function bounded(of: Probe, trip: Trip, found: Seen): Promise<{ failure?: Failure; silent: boolean }> {
    let cancel = () => {};
    const over = new Promise<{ failure: Failure; silent: boolean }>((resolve) => {
      cancel = clock.after(of.deadlineMs, () =>
        resolve({ failure: silence(trip.stage(), of.deadlineMs), silent: true }),
      );
    });
    const walked = look(of, trip, found).then(
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

  /** Throws what is wrong. */
  async function look(of: Probe, trip: Trip, found: Seen): Promise<void> {
    const url = URL.parse(of.url);
    const onResolved = (answer: Answered) => seeAnswer(found, answer);
    switch (url?.protocol) {
      case 'http:':
      case 'https:':
        return askHttp(of, { connect, secrets }, trip, found);
      case 'tcp:':
      case 'tls:': {
        const { certificate } = await connect(url, { ...of, onResolved }, trip);
        if (certificate !== undefined) see(found, certificate);
        return;
      }
      case 'dns:':
        return askDns(url, of, { resolver, allowPrivate }, trip);
      case 'ping:': {
        const [first] = await locate(url, { ...of, onResolved }, trip);
        return ping(first!, of.deadlineMs, trip); // the resolver answers with one at least
      }
      case undefined:
      default:
        throw new Found({ class: 'setup', detail: 'that is no http or https address' });
    }
  }

  return {
    probe,
    refuses: (url) => refusalOf(url, allowPrivate()),
    close: async () => resolver.close(),
  };
}

function stoodStill(ms: number, deadlineMs: number): boolean {
  return ms > Math.max(standstillMs, deadlineMs * standstillPart);
}

const overloaded: Failure = {
  class: 'monitor',
  detail: 'Deckhand itself stood still meanwhile; the machine is overloaded',
};
