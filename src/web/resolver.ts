import { Resolver as DnsResolver, lookup } from 'node:dns/promises';

import type { Clock } from '#ports/clock.ts';
import type { RecordType } from '#ports/web.ts';

import { createCanonical } from './canonical.ts';
import { dnsSilence, Found } from './failures.ts';
import { createLanes, within } from './waiting.ts';

export type Resolved = readonly { address: string; family: 4 | 6 }[];
/** `stale`: an older answer, as the servers are silent. */
export type Answered = { addresses: Resolved; stale: boolean };
/** `fresh`: past the cache. `deadlineMs`: of the whole check, of which the wait for the DNS may take a part only. */
export type Question = { fresh: boolean; family?: 4 | 6 | undefined; deadlineMs: number };
/** Names to addresses. Throws Found (`dns`) when there is none. */
export type Resolver = {
  /** Falls back on an answer of the last 24 hours while the servers are silent, and goes on asking meanwhile. */
  resolve: (host: string, question: Question) => Promise<Answered>;
  /** The name at the end of its CNAMEs, its own where it has none; undefined when the DNS does not say. Never throws. */
  canonical: (host: string) => Promise<string | undefined>;
  /** The records of a name as text (`10 mail.example.com`), never from a cache. */
  records: (name: string, type: RecordType) => Promise<readonly string[]>;
  /** Ends what is pending. Safe to repeat. */
  close: () => void;
};

/** Longest we believe an answer, and longest we fall back on it while the servers are silent. */
const longestTtlMs = 5 * 60_000;
const staleMs = 24 * 60 * 60_000;
/**
 * How long a check waits for the servers where there is an older answer, at most a quarter of its deadline: c-ares gives up
 * after 5 s with one silent server, 17 s with three (measured). RFC 8767 §5 has 1.8 s for people who wait for a page; a
 * routine check waits less, as its wait counts as the site's time.
 */
const freshPatienceMs = 1_800;
const patienceMs = 300;
/** Gap of the questions for a name whose servers were silent. Source: RFC 8767 §5. */
const askAgainMs = 30_000;
/** The system's own look-up tells no time to live. */
const systemTtlMs = 10_000;
/** Names kept; the oldest go first. Twice the sites that one process holds. */
const mostNames = 20_000;
/** Time the AAAA answer gets once the A answer is there. Source: RFC 8305 §3 (50 ms between the two). */
const secondFamilyMs = 50;
/** A look-up by the system blocks one of Node's four threads until it gives up (20 s and more for a dead name), which
 *  stalls files and compression too; so at most two at once. Source: https://nodejs.org/api/dns.html (dns.lookup). */
const mostSystemLookups = 2;

/**
 * Resolves by c-ares, which needs no thread: one dead name delays no other. Only `localhost` and names without a dot go
 * to the system, as c-ares knows no hosts file. `servers` replaces those of the machine (`127.0.0.1:5353`).
 */
export function createResolver(world: {
  clock: Clock;
  servers?: readonly string[];
  timeoutMs?: number;
  tries?: number;
}): Resolver {
  const { clock } = world;
  const dns = new DnsResolver({ timeout: world.timeoutMs ?? 2_000, tries: world.tries ?? 2 });
  if (world.servers !== undefined) dns.setServers(world.servers);
  const cache = new Map<string, Kept>();
  const pending = new Map<string, Promise<Resolved>>();
  const lane = createLanes(mostSystemLookups);
  const canonicalOf = createCanonical({ clock, aliasOf: (name) => dns.resolveCname(name) });
  const canonical: Resolver['canonical'] = async (host) => (isSystem(host) ? undefined : canonicalOf(host));

  async function resolve(host: string, { fresh, family, deadlineMs }: Question): Promise<Answered> {
    const wanted = { name: host.toLowerCase(), family };
    const now = clock.monotonic();
    const known = cache.get(keyOf(wanted));
    if (!fresh && known !== undefined && known.validUntil > now) return { addresses: known.addresses, stale: false };
    const old = known !== undefined && known.usableUntil > now ? known : undefined;
    if (old?.askAgainAt !== undefined && !fresh) return fallBack(old, wanted);
    const waitMs = Math.min(fresh ? freshPatienceMs : patienceMs, deadlineMs / 4);
    try {
      const asking = ask(wanted);
      const addresses = old === undefined ? await asking : await within(clock, waitMs, asking);
      if (addresses !== undefined) return { addresses, stale: false };
    } catch (error) {
      if (error instanceof NoSuchName) throw new Found({ class: 'dns', detail: error.message });
    }
    if (old === undefined) throw new Found(dnsSilence);
    old.askAgainAt = now + askAgainMs;
    return fallBack(old, wanted);
  }

  /** Nobody waits for the silent servers, but they are asked now and then: what they say replaces the old answer. */
  function fallBack(old: Kept, wanted: Wanted): Answered {
    if (clock.monotonic() >= (old.askAgainAt ?? 0)) {
      old.askAgainAt = clock.monotonic() + askAgainMs;
      ask(wanted).catch(() => {}); // whoever must know of it asks again
    }
    return { addresses: old.addresses, stale: true };
  }

  /** One question per name at a time, whoever asks. */
  function ask(wanted: Wanted): Promise<Resolved> {
    const key = keyOf(wanted);
    const asked = pending.get(key);
    if (asked !== undefined) return asked;
    const act = isSystem(wanted.name) ? lane(() => bySystem(wanted)) : byDns(wanted);
    const asking = act
      .catch((error: unknown) => {
        if (error instanceof NoSuchName) cache.delete(key); // said, not silent: the old answer is no answer any more
        throw error;
      })
      .finally(() => pending.delete(key));
    pending.set(key, asking);
    return asking;
  }

  async function bySystem(wanted: Wanted): Promise<Resolved> {
    try {
      const found = await lookup(wanted.name, { all: true, family: wanted.family ?? 0 });
      return keep(
        keyOf(wanted),
        found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })),
        systemTtlMs,
      );
    } catch (error) {
      throw asNoSuchName(error);
    }
  }

  /** IPv4 decides, as a machine without IPv6 must not be left with IPv6 alone; IPv6 gets a moment to join. */
  async function byDns(wanted: Wanted): Promise<Resolved> {
    const { name, family } = wanted;
    const [four, six] = [
      family === 6 ? nothing : outcome(family4(dns, name)),
      family === 4 ? nothing : outcome(family6(dns, name)),
    ];
    const first = await four;
    const second =
      'answers' in first && first.answers.length > 0 ? await within(clock, secondFamilyMs, six) : await six;
    const answers = [first, second].flatMap((one) => (one !== undefined && 'answers' in one ? one.answers : []));
    if (answers.length === 0)
      throw tellingOf([first, second].flatMap((one) => (one !== undefined && 'error' in one ? [one.error] : [])));
    const ttlMs = Math.min(...answers.map(({ ttl }) => ttl)) * 1_000;
    return keep(
      keyOf(wanted),
      answers.map(({ address, family }) => ({ address, family })),
      ttlMs,
    );
  }

  function keep(key: string, addresses: Resolved, ttlMs: number): Resolved {
    const now = clock.monotonic();
    cache.delete(key);
    cache.set(key, { addresses, validUntil: now + Math.min(ttlMs, longestTtlMs), usableUntil: now + staleMs });
    for (const oldest of cache.keys()) {
      if (cache.size <= mostNames) break;
      cache.delete(oldest);
    }
    return addresses;
  }

  async function records(name: string, type: RecordType): Promise<readonly string[]> {
    try {
      const found: unknown = await dns.resolve(name, type);
      return (Array.isArray(found) ? found : [found]).map(asText);
    } catch (error) {
      const known = asNoSuchName(error);
      if (!(known instanceof NoSuchName)) throw new Found(dnsSilence);
      const detail = known.kind === 'name' ? known.message : `the name has no ${type} record`;
      throw new Found({ class: 'dns', detail });
    }
  }

  return { resolve, canonical, records, close: () => dns.cancel() };
}

/** `askAgainAt`: the servers were silent when it was over, and are asked again then. */
type Kept = { addresses: Resolved; validUntil: number; usableUntil: number; askAgainAt?: number };
type Wanted = { name: string; family: 4 | 6 | undefined };
const nothing: Promise<Outcome> = Promise.resolve({ answers: [] });

function keyOf({ name, family }: Wanted): string {
  return family === undefined ? name : `${name}/${family}`;
}

/** As a zone file writes it. Source: https://nodejs.org/api/dns.html (what each type answers). */
function asText(record: unknown): string {
  if (typeof record === 'string') return record;
  if (Array.isArray(record)) return record.join(''); // the parts of one TXT record
  const of = record as Record<string, string | number>;
  if ('exchange' in of) return `${of['priority']} ${of['exchange']}`;
  if ('port' in of) return `${of['priority']} ${of['weight']} ${of['port']} ${of['name']}`;
  const { critical, type: _type, ...tags } = of; // CAA: its tag is the name of the field
  return Object.entries(tags)
    .map(([tag, value]) => `${critical} ${tag} ${value}`)
    .join(' ');
}

type Answer = { address: string; family: 4 | 6; ttl: number };
type Outcome = { answers: readonly Answer[] } | { error: unknown };

async function outcome(asked: Promise<readonly Answer[]>): Promise<Outcome> {
  try {
    return { answers: await asked };
  } catch (error) {
    return { error: asNoSuchName(error) };
  }
}

async function family4(dns: DnsResolver, name: string): Promise<readonly Answer[]> {
  const records = await dns.resolve4(name, { ttl: true });
  return atLeastOne(records.map(({ address, ttl }) => ({ address, family: 4, ttl })));
}

async function family6(dns: DnsResolver, name: string): Promise<readonly Answer[]> {
  const records = await dns.resolve6(name, { ttl: true });
  return atLeastOne(records.map(({ address, ttl }) => ({ address, family: 6, ttl })));
}

function atLeastOne(answers: readonly Answer[]): readonly Answer[] {
  if (answers.length === 0) throw new NoSuchName('address', 'the name has no address');
  return answers;
}

/** The DNS answered, and the answer is no. */
class NoSuchName extends Error {
  readonly kind: 'name' | 'address';

  constructor(kind: 'name' | 'address', message: string) {
    super(message);
    this.kind = kind;
  }
}

function asNoSuchName(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (code === 'ENOTFOUND') return new NoSuchName('name', 'there is no such name in the DNS');
  if (code === 'EBADNAME') return new NoSuchName('name', 'that is no valid name');
  if (code === 'ENODATA') return new NoSuchName('address', 'the name has no address');
  return error;
}

/** No such name is no, whoever says it; "has no address" counts only when nobody was silent. */
function tellingOf(errors: readonly unknown[]): unknown {
  return (
    errors.find((error) => error instanceof NoSuchName && error.kind === 'name') ??
    errors.find((error) => !(error instanceof NoSuchName)) ??
    errors[0]
  );
}

function isSystem(name: string): boolean {
  return !name.replace(/\.$/, '').includes('.') || /(^|\.)localhost\.?$/.test(name);
}
