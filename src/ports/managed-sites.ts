import type { Json } from './json.ts';
import type { Site } from './site-settings.ts';
import type { ProbeResult } from './web.ts';

/** A site as people write it: the fields of an entry under `sites` in deckhand.yml. Plain JSON, no secret in it. */
export type SiteFields = Readonly<Record<string, Json>>;

/** `field`: as it is written in deckhand.yml; `message`: what was expected. */
export type SiteFault = { field: string; message: string };
export type ReadSite = { ok: true; fields: SiteFields; site: Site } | { ok: false; faults: readonly SiteFault[] };

/** What a site is made of, by the schema of deckhand.yml and its `sitesDefaults` of this moment. Pure. */
export type SiteReader = {
  read: (fields: SiteFields) => ReadSite;
  /**
   * As `read`, from values as people type them into a line or a form: `60s`, `200,204`, `no`; an empty one takes the field
   * of `before` away. Names of fields in any spelling: `max-redirects`, `maxredirects`, `recover.every`.
   */
  readTyped: (typed: Readonly<Record<string, string>>, before: SiteFields) => ReadSite;
  /** Where a site of the file stands: `deckhand.yml:42`. */
  whereIs: (name: string) => string | undefined;
};

/** A site that somebody manages: in deckhand.yml, or in the chat. */
export type ManagedSite = {
  name: string;
  /** `shadowed`: deckhand.yml has one of the same name, which is the one that counts. */
  from: 'file' | 'chat' | 'shadowed';
  /** Undefined: what is stored fits the schema no more, so it is not watched; `faults` say why. */
  site: Site | undefined;
  faults: readonly SiteFault[];
  /** Of those of the chat. */
  fields: SiteFields;
  pause: Break | undefined;
};
/** Taken out of the watch by somebody; without `until`: until somebody ends it. */
export type Break = { since: number; until?: number | undefined; by: string };

/** What operations may know of the sites that are managed. */
export type SiteDesk = Pick<SiteReader, 'readTyped' | 'whereIs'> & {
  /** As it is stored now. Throws Transient with the store. */
  all: () => Promise<readonly ManagedSite[]>;
  /** Looks at it once, now, and changes nothing. Never throws. */
  probe: (site: Site) => Promise<ProbeResult>;
  /** Why the server behind a site, by id or Name, is not known; undefined: it is. Never throws, takes at most 5 s. */
  whyNoServer: (named: string) => Promise<string | undefined>;
  /** Why no check may go where this address literally leads; undefined: it may, or only its check tells. */
  refuses: (url: string) => string | undefined;
};

// Where it is kept, in History.watch: prefix and name of the site.

/** `{ fields, by, at }`: the sites of the chat. */
export const sitePrefix = 'desk:site:';
/** A Break. */
export const pausePrefix = 'desk:pause:';
/** Both of them. */
export const deskPrefix = 'desk:';
/** `{ since, until, by }`: nothing new is told of it. What was told before goes on being edited. */
export const silencePrefix = 'silence:';

/** How the checks themselves go. Times in ms, of the newest minute and at most 1,000 checks. */
export type CheckFigures = {
  /** Since the watch began. */
  started: number;
  /** Left out since then, because the check before was still on its way. */
  skipped: number;
  /** From when a check was due to its start; without what waited for others on its own host. */
  lagP50: number;
  lagP99: number;
  /** How long the oldest one that is due waits for its start. */
  overdueMs: number;
  /** 99 of 100 turns of our own event loop were no later than this. */
  loopMs: number;
  inFlight: number;
  waiting: number;
};

/** A watched site and how it is, for people. */
export type SiteView = {
  name: string;
  url: string;
  state: string;
  since: number | undefined;
  lastMs: number | undefined;
  /** What else there is to say. */
  remark?: string | undefined;
};
