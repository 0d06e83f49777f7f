import type { ProbeResult } from '#ports/web.ts';

/** What a check saw on its way, also when it ends in a failure. */
export type Seen = { [K in 'status' | 'certificate' | 'addresses' | 'canonical']: ProbeResult[K] | undefined };

/** Of several certificates on the way, the one that ends first is told. */
export function see(found: Seen, certificate: NonNullable<ProbeResult['certificate']>): void {
  if (found.certificate === undefined || certificate.validTo < found.certificate.validTo)
    found.certificate = certificate;
}
