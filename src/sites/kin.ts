import type { Site } from '#ports/site-settings.ts';

/** Why sites fail together, the closest reason first. */
export const relations = ['parent', 'server', 'load balancer', 'host', 'name', 'address'] as const;
export type Relation = (typeof relations)[number];
/** What several sites share, and those of them that fail now, the first to fail first. */
export type Shared = { by: Relation; what: string; failing: ReadonlySet<string> };

/** Where its name leads: to these addresses, and by CNAMEs to this name. */
type Leads = { addresses?: string | undefined; canonical?: string | undefined };

/** Knows which sites share a server, a load balancer, a host, a name behind theirs or an address, and which of them fail. */
export type Kin = {
  /** Files a site, or files it anew. */
  file: (site: Site, of: Leads & { failing: boolean }) => void;
  forget: (name: string) => void;
  /** What the site shares with others that fail now; itself is among them when it fails. */
  shared: (name: string) => readonly Shared[];
  /** Sites that share something with it, at most `most`. */
  siblings: (name: string, most: number) => readonly string[];
  /** Sites whose parent it is. */
  children: (name: string) => readonly string[];
};

type Circle = { by: Relation; what: string; members: Set<string>; failing: Set<string> };

/** One for all circles in which nothing fails, which are nearly all. Nothing is added to it. */
const nobody = new Set<string>();

export function createKin(): Kin {
  const circles = new Map<string, Circle>();
  const homes = new Map<string, { keys: readonly string[]; parent: string | undefined }>();
  const children = new Map<string, Set<string>>();

  function file(site: Site, of: Leads & { failing: boolean }): void {
    const { name, parent } = site;
    const bonds = bondsOf(site, of);
    const keys = bonds.map(({ by, what }) => `${by} ${what}`);
    const before = homes.get(name);
    if (before === undefined || before.keys.join('\n') !== keys.join('\n') || before.parent !== parent) {
      forget(name);
      homes.set(name, { keys, parent });
      if (parent !== undefined) into(children, parent, name);
    }
    for (const [nr, key] of keys.entries()) {
      const circle = circles.get(key) ?? { ...bonds[nr]!, members: new Set(), failing: nobody };
      circles.set(key, circle);
      circle.members.add(name);
      if (of.failing) circle.failing = (circle.failing === nobody ? new Set<string>() : circle.failing).add(name);
      else circle.failing.delete(name);
    }
  }

  function forget(name: string): void {
    const home = homes.get(name);
    if (home === undefined) return;
    homes.delete(name);
    if (home.parent !== undefined) children.get(home.parent)?.delete(name);
    for (const key of home.keys) {
      const circle = circles.get(key);
      circle?.members.delete(name);
      circle?.failing.delete(name);
      if (circle?.members.size === 0) circles.delete(key);
    }
  }

  function circlesOf(name: string): readonly Circle[] {
    return (homes.get(name)?.keys ?? []).flatMap((key) => circles.get(key) ?? []);
  }

  function siblings(name: string, most: number): readonly string[] {
    const found = new Set<string>();
    for (const { members } of circlesOf(name))
      for (const member of members) {
        if (found.size === most) return [...found];
        if (member !== name) found.add(member);
      }
    return [...found];
  }

  return {
    file,
    forget,
    shared: circlesOf,
    siblings,
    children: (name) => [...(children.get(name) ?? [])],
  };
}

function into(map: Map<string, Set<string>>, key: string, name: string): void {
  const set = map.get(key) ?? new Set();
  set.add(name);
  map.set(key, set);
}

function bondsOf(site: Site, { addresses = '', canonical = '' }: Leads): readonly { by: Relation; what: string }[] {
  const host = URL.parse(site.url)?.host ?? site.url;
  const balancer = loadBalancerOf(site, canonical);
  return [
    ...(site.instance === undefined ? [] : [{ by: 'server', what: site.instance } as const]),
    ...(balancer === undefined ? [] : [{ by: 'load balancer', what: balancer } as const]),
    { by: 'host', what: host },
    ...(canonical === '' ? [] : [{ by: 'name', what: canonical } as const]),
    ...(addresses === '' ? [] : [{ by: 'address', what: addresses } as const]),
  ];
}

/** As deckhand.yml says, else as the host or the name behind it tells. Pure. */
export function loadBalancerOf(site: Site, canonical = ''): string | undefined {
  return site.loadBalancer ?? balancerOf(URL.parse(site.url)?.host ?? site.url) ?? balancerOf(canonical);
}

/** The names that AWS gives load balancers: `my-balancer-1234567890.us-east-1.elb.amazonaws.com`. */
function balancerOf(host: string): string | undefined {
  return /^(?:dualstack\.)?([a-z0-9-]+)\.[a-z0-9-]+\.elb\.amazonaws\.com(?::\d+)?$/i.exec(host)?.[1];
}
