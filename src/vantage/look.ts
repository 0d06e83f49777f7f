import type { Clock } from '#ports/clock.ts';
import type { Look } from '#ports/vantage.ts';
import type { Probe, Web } from '#ports/web.ts';

/** Looks of one place at once; what comes on top is refused at once, so that no answer comes too late by queueing. */
const mostAtOnce = 50;
const canaryMs = 3_000;
/** How long it counts that something well known answered, or that nothing did. */
const canaryKeptMs = 5_000;

/**
 * Looks for somebody else: what it sees, or that it can say nothing, because it is blind, busy, or may not look there.
 * Never throws; takes at most the deadline of the probe.
 */
export function createLook({ web, clock }: { web: Pick<Web, 'probe'>; clock: Clock }) {
  let atOnce = 0;
  let outlook: { at: number; list: string; sees: Promise<boolean> } | undefined;

  async function look(probe: Probe, canaries: readonly string[]): Promise<Look> {
    if (atOnce >= mostAtOnce) return { saw: 'nothing', why: 'busy' };
    atOnce++;
    try {
      // Asked at the same time, so that the answer does not come later for it.
      const sees = seesAnything(canaries);
      const { failure, status } = await web.probe(probe);
      if (failure === undefined) return { saw: 'up' };
      if (failure.class === 'monitor') return { saw: 'nothing', why: 'busy' };
      if (failure.class === 'blocked' || failure.class === 'setup') return { saw: 'nothing', why: 'not allowed' };
      return status !== undefined || (await sees) ? { saw: 'down' } : { saw: 'nothing', why: 'blind' };
    } catch {
      return { saw: 'nothing', why: 'not allowed' }; // what cannot even be asked
    } finally {
      atOnce--;
    }
  }

  /** Without canaries it is taken to see. */
  function seesAnything(canaries: readonly string[]): Promise<boolean> {
    if (canaries.length === 0) return Promise.resolve(true);
    const [at, list] = [clock.monotonic(), canaries.join(' ')];
    if (outlook === undefined || outlook.list !== list || at - outlook.at > canaryKeptMs)
      outlook = { at, list, sees: anyAnswers(canaries) };
    return outlook.sees;
  }

  async function anyAnswers(canaries: readonly string[]): Promise<boolean> {
    const asked = canaries.map(async (url) => {
      const always = { statuses: [], verifyTls: true, maxRedirects: 0, freshDns: true };
      const { status, staleDns } = await web.probe({ url, deadlineMs: canaryMs, ...always });
      if (status === undefined || staleDns === true) throw new Error('no answer');
    });
    return Promise.any(asked).then(
      () => true,
      () => false,
    );
  }

  return look;
}
