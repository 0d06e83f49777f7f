import type { Probe } from '#ports/web.ts';

import { judgeAddress } from './address.ts';
import { Found, quote } from './failures.ts';
import type { Resolver } from './resolver.ts';
import type { Trip } from './trip.ts';

/** Asks the machine's DNS servers for records of a name; connects to nothing. Throws Found (`dns`) for what is not expected. */
export async function askDns(
  url: URL,
  { record = 'A', values = [], deadlineMs }: Probe,
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
  const shown = await Promise.all(came.slice(0, 5).map(shownAs));
  const rest = came.length > shown.length ? ` and ${came.length - shown.length} more` : '';
  throw new Found({
    class: 'dns',
    detail: `expected ${record} ${values.join(', ')}; the DNS says ${shown.join(', ')}${rest}`,
  });

  /**
   * The DNS of the machine may answer otherwise inside the network than outside, and what it says there is told to nobody,
   * unless checks may go there anyway: addresses, names that lead to them, and texts, which nothing tells apart.
   */
  async function shownAs(one: string): Promise<string> {
    if (expected.includes(plain(one))) return quote(one);
    switch (record) {
      case 'A':
      case 'AAAA':
        return mayGo(one, url.hostname) ? quote(one) : 'a private address';
      case 'TXT':
        return 'another text';
      case 'CAA':
        return quote(one); // names an authority
      case 'CNAME':
      case 'MX':
      case 'NS':
      case 'PTR':
      case 'SRV':
        return (await isPublicName(one.split(' ').at(-1) ?? '')) ? quote(one) : 'a name without a public address';
    }
  }

  async function isPublicName(name: string): Promise<boolean> {
    try {
      const { addresses } = await world.resolver.resolve(name, { fresh: false, deadlineMs });
      return addresses.every(({ address }) => mayGo(address, name));
    } catch {
      return false; // there is none, or the DNS does not say
    }
  }

  function mayGo(address: string, host: string): boolean {
    return judgeAddress(address, host, world.allowPrivate()) === 'allowed';
  }

  /** Names are the same in any case and with the dot of the root; TXT is compared as it is. */
  function plain(one: string): string {
    return record === 'TXT' ? one : one.trim().toLowerCase().replace(/\.$/, '');
  }
}
