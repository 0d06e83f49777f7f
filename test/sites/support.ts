import type { Site } from '#ports/site-settings.ts';
import type { FailureClass, ProbeResult } from '#ports/web.ts';
import { newState, type SiteState } from '#sites/state.ts';
import { judge, nextCheck } from '#sites/verdict.ts';

/** A site with the defaults of deckhand.yml; a test states only what matters to it. */
export function aSite(change: Partial<Site> = {}): Site {
  return {
    name: 'shop',
    url: 'https://shop.example.com/health',
    intervalMs: 60_000,
    deadlineMs: 10_000,
    statuses: [],
    contains: undefined,
    asks: {},
    verifyTls: true,
    maxRedirects: 5,
    slowMs: undefined,
    certificateDays: [21, 7, 1],
    recheckMs: [5_000, 15_000, 20_000],
    recoverMs: 20_000,
    recoverChecks: 3,
    degraded: { checks: 5, clear: 0.8 },
    intermittent: { changes: 4, checks: 30, tellDownMs: 5 * 60_000 },
    paused: false,
    parent: undefined,
    loadBalancer: undefined,
    instance: undefined,
    remedies: undefined,
    channel: undefined,
    owner: undefined,
    runbook: undefined,
    slo: undefined,
    ...change,
  };
}

export function aResult(at: number, change: Partial<ProbeResult> & { ms?: number } = {}): ProbeResult {
  const { ms = 50, ...rest } = change;
  const phases = { dnsMs: 1, connectMs: 2, tlsMs: 3, firstByteMs: ms - 7, downloadMs: 1, totalMs: ms };
  return { startedAt: at, phases, status: 200, ...rest };
}

export function aFailure(at: number, kind: FailureClass = 'status', detail = 'HTTP 503'): ProbeResult {
  return {
    ...aResult(at),
    ...(kind === 'status' ? { status: Number(detail.slice(-3)) } : {}),
    failure: { class: kind, detail },
  };
}

/** `+` good, `l` good after 2 s, `-` failed, `m` a fault of our own, `s` of how the check is set up. */
export function outcome(sign: string, at: number): ProbeResult {
  if (sign === '+') return aResult(at);
  if (sign === 'l') return aResult(at, { ms: 2_000 });
  if (sign === 's') return aFailure(at, 'setup', 'the variable KEY is not set');
  return sign === 'm' ? aFailure(at, 'monitor', 'overloaded') : aFailure(at);
}

/** Checks take no time: judges `signs` one after the other, each when the one before asked for it. */
export function after(
  signs: string,
  site: Site = aSite(),
  from: { state?: SiteState; at?: number } = {},
): { state: SiteState; at: number } {
  let state = from.state ?? newState();
  let at = from.at ?? 0;
  for (const sign of signs) {
    state = judge(state, outcome(sign, at), site);
    at = nextCheck(state, site, { startedAt: at, endedAt: at, counted: sign !== 'm' }) ?? at + site.intervalMs;
  }
  return { state, at };
}
