import type { Instance, Tags } from '#ports/cloud.ts';
import type { Balancer, Listener, Route, TargetGroup } from '#ports/platform.ts';
import type { Site } from '#ports/site-settings.ts';

/** What was found in one place. `where`: its words for people. */
export type Found = {
  where: string;
  balancers: readonly { balancer: Balancer; listeners: readonly Listener[] }[];
  groups: readonly TargetGroup[];
  instances: readonly Pick<Instance, 'id' | 'name' | 'tags'>[];
};
export type Suggestion = { name: string; url: string; because: string; line: string };

/** Addresses that are served and not watched: of load balancers, and of servers that say so in a tag. Pure. */
export function suggest(found: readonly Found[], known: readonly Site[], tag: string): readonly Suggestion[] {
  const names = new Set(known.map(({ name }) => name));
  const urls = new Set(known.map(({ url }) => same(url)));
  const all = found.flatMap((place) => [...ofBalancers(place), ...ofTags(place, tag)]);
  return all.flatMap(({ url, flags, because }) => {
    if (urls.has(same(url))) return [];
    urls.add(same(url));
    const name = freeName(url, names);
    names.add(name);
    return [{ name, url, because, line: `/deck sites add ${name} ${url} ${flags}`.trim() }];
  });
}

type Raw = { url: string; flags: string; because: string };

function ofBalancers({ where, balancers, groups }: Found): Raw[] {
  const byArn = new Map(groups.map((group) => [group.arn, group]));
  return balancers.flatMap(({ balancer, listeners }) => {
    const web = listeners.filter(({ protocol }) => protocol === 'HTTPS' || protocol === 'HTTP');
    // Where there is https, http mostly leads to it.
    const secure = web.filter(({ protocol }) => protocol === 'HTTPS');
    const flags = `--load-balancer ${balancer.name}`;
    const because = `load balancer ${balancer.name}${balancer.internal ? ' (internal: allow it in web.allowPrivate)' : ''}, ${where}`;
    return (secure.length > 0 ? secure : web).flatMap((listener) =>
      addressesOf(listener, balancer.hostname, byArn).map((url) => ({ url, flags, because })),
    );
  });
}

/** A name of the rules; without any, the load balancer's own. Wildcards name nothing that can be asked. */
function addressesOf(listener: Listener, own: string, groups: ReadonlyMap<string, TargetGroup>): string[] {
  const exact = (host: string) => /^[a-z0-9.-]+$/i.test(host);
  const named = listener.routes.filter(({ hosts }) => hosts.some(exact));
  const routes = named.length > 0 ? named : listener.routes.filter(({ hosts }) => hosts.length === 0);
  const scheme = listener.protocol.toLowerCase();
  const port = listener.port === (scheme === 'https' ? 443 : 80) ? '' : `:${listener.port}`;
  return routes.flatMap((route) => {
    const path = pathOf(route, groups);
    const hosts = route.hosts.length > 0 ? route.hosts.filter(exact) : [own];
    return path === undefined ? [] : hosts.map((host) => `${scheme}://${host.toLowerCase()}${port}${path}`);
  });
}

/** The path of the health check, where this route leads to it. */
function pathOf({ paths, targetGroups }: Route, groups: ReadonlyMap<string, TargetGroup>): string | undefined {
  const health = targetGroups.map((arn) => groups.get(arn)?.healthCheck.path).find((path) => path !== undefined);
  if (paths.length === 0) return health ?? '/';
  const fits = (path: string) =>
    paths.some((one) => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : path === one));
  if (health !== undefined && fits(health)) return health;
  return paths.find((path) => !/[*?]/.test(path));
}

function ofTags({ where, instances }: Found, tag: string): Raw[] {
  return instances.flatMap(({ id, name, tags }) =>
    addressesIn(tags, tag).map((url) => ({
      url,
      flags: `--instance ${id}`,
      because: `tag ${tag} of ${name === '' ? id : name}, ${where}`,
    })),
  );
}

/** One or several, with blanks or commas between them. */
function addressesIn(tags: Tags, tag: string): string[] {
  return (tags[tag] ?? '').split(/[\s,]+/).filter((word) => /^https?:$/.test(URL.parse(word)?.protocol ?? ''));
}

function same(url: string): string {
  const { host = url, pathname = '' } = URL.parse(url) ?? {};
  return `${host}${pathname}`.toLowerCase().replace(/\/$/, '');
}

function freeName(url: string, taken: ReadonlySet<string>): string {
  const { hostname = url, pathname = '' } = URL.parse(url) ?? {};
  const slug = (text: string) =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
  const base = slug(hostname.replace(/^www\./, ''))
    .slice(0, 30)
    .replace(/-$/, '');
  const tries = [base, `${base}-${slug(pathname)}`.slice(0, 36).replace(/-+$/, '')];
  for (let nr = 2; ; nr++) {
    const free = tries.find((name) => !taken.has(name));
    if (free !== undefined) return free;
    tries.push(`${base}-${nr}`);
  }
}
