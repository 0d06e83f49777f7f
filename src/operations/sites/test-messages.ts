import type { Site } from '#ports/site-settings.ts';
import type { Message } from '#ports/text.ts';
import type { ProbeResult } from '#ports/web.ts';

/** What one look found. */
export function tested(site: Pick<Site, 'name' | 'url' | 'slowMs'>, result: ProbeResult, address: string): Message {
  const { failure, phases, status, certificate, staleDns } = result;
  const slow = failure === undefined && site.slowMs !== undefined && phases.totalMs > site.slowMs;
  const failed = failure?.class === 'setup' ? 'cannot be checked' : 'would count as down';
  const verdict = failure === undefined ? (slow ? 'answers, but slower than it should' : 'is up') : failed;
  return {
    alert: `${site.name} ${verdict}`,
    title: `${site.name} ${verdict}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ['Address', address],
          ...(failure === undefined
            ? []
            : [
                [
                  'Cause',
                  failure.class === 'status' ? failure.detail : `${failure.detail} (${failure.class})`,
                ] as const,
              ]),
          ...(status === undefined || failure?.class === 'status' ? [] : [['Status', `HTTP ${status}`] as const]),
          ...(phases.totalMs < 0.5 ? [] : [['Time spent', timesOf(phases)] as const]),
          ...(staleDns === undefined ? [] : [['Name', 'the DNS did not answer; its last answer was used'] as const]),
          ...(certificate === undefined
            ? []
            : [['Certificate ends', { at: certificate.validTo, style: 'datetime' } as const] as const]),
        ],
      },
      { kind: 'note', line: 'One look, made now. It changed nothing: it counts neither for nor against the site.' },
    ],
    buttons: [{ verb: 'refresh', label: 'Test again' }],
  };
}

function timesOf(of: ProbeResult['phases']): string {
  return `name ${ms(of.dnsMs)} · connect ${ms(of.connectMs)} · TLS ${ms(of.tlsMs)} · first byte ${ms(of.firstByteMs)} · rest ${ms(of.downloadMs)} · all ${ms(of.totalMs)}`;
}

function ms(of: number): string {
  return `${Math.round(of)} ms`;
}
