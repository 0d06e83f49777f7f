import type { ProbeResult } from '#ports/web.ts';

import type { Answered } from './resolver.ts';

/** What a check saw on its way, also when it ends in a failure. */
export type Seen = {
  [K in 'status' | 'certificate' | 'addresses' | 'canonical' | 'staleDns']: ProbeResult[K] | undefined;
};

export function nothingSeen(): Seen {
  return {
    status: undefined,
    certificate: undefined,
    addresses: undefined,
    canonical: undefined,
    staleDns: undefined,
  };
}

export function whatIsSeen(found: Seen): Partial<ProbeResult> {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Of several certificates on the way, the one that ends first is told. */
export function see(found: Seen, certificate: NonNullable<ProbeResult['certificate']>): void {
  if (found.certificate === undefined || certificate.validTo < found.certificate.validTo)
    found.certificate = certificate;
}

/** Of the hosts on the way the first is told; that one of them came from an older answer is. */
export function seeAnswer(found: Seen, { addresses, stale }: Answered): void {
  found.addresses ??= addresses.map(({ address }) => address);
  if (stale) found.staleDns = true;
}
