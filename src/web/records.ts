import type { Probe } from '#ports/web.ts';

import { judgeAddress } from './address.ts';
import { Found, quote } from './failures.ts';
import type { Resolver } from './resolver.ts';
import type { Trip } from './trip.ts';

/** Asks the machine's DNS servers for records of a name; connects to nothing. Throws Found (`dns`) for what is not expected. */
export async function askDns(
  url: URL,
  { record = 'A', values = [] }: Probe,
  world: { resolver: Resolver; allowPrivate: () => readonly string[] },
  trip: Trip,
): Promise<void> {
  trip.enter('dns');
  const came = await world.resolver.records(url.hostname, record);
  const [expected, found] = [values.map(plain), came.map(plain)];
  if (
    values.length === 0 ||
    (expected.every((one) => found.includes(one)) && found.every((one) => expected.includes(one)))
  )
    return;
  const shown = came.slice(0, 5).map((one) => (isHidden(one) ? 'a private address' : quote(one)));
  const rest = came.length > shown.length ? ` and ${came.length - shown.length} more` : '';
  throw new Found({
    class: 'dns',
    detail: `expected ${record} ${values.join(', ')}; the DNS says ${shown.join(', ')}${rest}`,
  });

  /** Addresses inside the network are told to nobody, unless checks may go there anyway. */
  function isHidden(one: string): boolean {
    return (record === 'A' || record === 'AAAA') && judgeAddress(one, url.hostname, world.allowPrivate()) !== 'allowed';
  }

  /** Names are the same in any case and with the dot of the root; TXT is compared as it is. */
  function plain(one: string): string {
    return record === 'TXT' ? one : one.trim().toLowerCase().replace(/\.$/, '');
  }
}
