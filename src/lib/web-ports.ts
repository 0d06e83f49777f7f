/** A port or several in a row, both ends included. */
export type PortRange = readonly [from: number, to: number];

/** What the web is served on; what else is open on a machine is not for everybody to find out. */
const always: readonly PortRange[] = [
  [80, 80],
  [443, 443],
];
const usual: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Why a site that was added in a chat must not go to the port of this address, in words; undefined: it may, or there is no
 * port (`dns:`, `ping:`). `ports`: those of `web.ports`, beside 80 and 443. Pure.
 */
export function portRefusal(url: string, ports: readonly PortRange[]): string | undefined {
  const { protocol = '', port: written = '' } = URL.parse(url) ?? {};
  const port = written === '' ? usual[protocol] : Number(written);
  if (port === undefined || [...always, ...ports].some(([from, to]) => from <= port && port <= to)) return undefined;
  return `a site that is added in Slack may not use port ${port}; add it to web.ports in deckhand.yml if it is meant, or put the site there`;
}
