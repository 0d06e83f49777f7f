import ipaddr from 'ipaddr.js';

/** May a check connect there? `metadata`: never, whatever the settings say. `private`: only where settings allow it. */
export type AddressRuling = 'allowed' | 'private' | 'metadata';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Where clouds keep the credentials of a machine, and what surrounds them. 169.254.0.0/16 holds the metadata of most
 * clouds and ECS's credentials; fd00:ec2::/32 EC2's over IPv6; the two single ones are Alibaba's and Azure's.
 * Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html,
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const metadata = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32', '100.100.100.200/32', '168.63.129.16/32'];
/** The only IPv6 addresses given out to the public. Source: https://www.iana.org/assignments/ipv6-address-space */
const globalIPv6 = ipaddr.parseCIDR('2000::/3');
/** IPv4 through a NAT64 gateway, as AWS gives it in IPv6-only subnets. Source: RFC 6052 §2.1 */
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');
const compatible = ipaddr.parseCIDR('::/96');
const metadataNetworks = metadata.map((network) => ipaddr.parseCIDR(network));

/**
 * Judges an address as it will be connected to; `host` is the name in the URL. `allowPrivate` lists host names, addresses
 * and CIDRs. IPv4 inside IPv6 (mapped, NAT64, 6to4) is judged as the IPv4 it leads to. What is no address is `private`.
 */
export function judgeAddress(address: string, host: string, allowPrivate: readonly string[]): AddressRuling {
  const given = parse(address);
  if (given === undefined) return 'private';
  const faces = [given, ...inner(given)];
  if (faces.some((face) => metadataNetworks.some((network) => isWithin(face, network)))) return 'metadata';
  if (faces.every(isPublic)) return 'allowed';
  return allowPrivate.some((entry) => isHost(entry, host) || faces.some((face) => isIn(face, entry)))
    ? 'allowed'
    : 'private';
}

/** Why a check must not go to an address that was judged so. */
export const refusals = {
  metadata: 'the address belongs to instance metadata, which checks never reach',
  private: 'the address is private; allow it under web.allowPrivate in deckhand.yml if it is meant',
} as const satisfies Record<Exclude<AddressRuling, 'allowed'>, string>;

/** Likewise of a URL, where it names no host but an address, in any spelling; undefined: it may, or it is a name. */
export function refusalOf(url: string, allowPrivate: readonly string[]): string | undefined {
  const { protocol = 'dns:', hostname = '' } = URL.parse(url) ?? {};
  if (protocol === 'dns:') return undefined; // asked about, not connected to
  // Of http alone the parser reads 2852039166 and 0x7f.1 as the addresses that they are.
  const host = (URL.parse(`http://${hostname}`)?.hostname ?? hostname).replace(/^\[|\]$/g, '');
  const address = /(^|\.)localhost\.?$/.test(host) ? '127.0.0.1' : host;
  if (!ipaddr.isValid(address)) return undefined;
  const ruling = judgeAddress(address, host, allowPrivate);
  return ruling === 'allowed' ? undefined : refusals[ruling];
}

function parse(address: string): Address | undefined {
  return ipaddr.isValid(address) ? ipaddr.parse(address) : undefined;
}

/** IPv4 addresses that an IPv6 address carries. Sources: RFC 4291 §2.5.5, RFC 6052 §2.1, RFC 3056 §2. */
function inner(address: Address): ipaddr.IPv4[] {
  if (!(address instanceof ipaddr.IPv6)) return [];
  const bytes = address.toByteArray();
  if (isWithin(address, compatible)) return [new ipaddr.IPv4(bytes.slice(12))];
  const range = address.range();
  if (range === 'ipv4Mapped' || range === 'rfc6052' || range === 'rfc6145') return [new ipaddr.IPv4(bytes.slice(12))];
  return range === '6to4' ? [new ipaddr.IPv4(bytes.slice(2, 6))] : [];
}

function isPublic(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  // Mapped and NAT64 addresses are as public as the IPv4 inside, which is judged beside them.
  if (address.range() === 'ipv4Mapped' || isWithin(address, nat64)) return true;
  return address.range() === 'unicast' && isWithin(address, globalIPv6);
}

function isHost(entry: string, host: string): boolean {
  return entry.toLowerCase() === host.toLowerCase();
}

function isWithin(address: Address, [network, bits]: readonly [Address, number]): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

function isIn(address: Address, entry: string): boolean {
  if (ipaddr.isValidCIDR(entry)) return isWithin(address, ipaddr.parseCIDR(entry));
  const one = parse(entry);
  return one?.kind() === address.kind() && one.toNormalizedString() === address.toNormalizedString();
}
