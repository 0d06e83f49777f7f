import type { Cancel, Clock } from '#ports/clock.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Question, Vantage } from '#ports/vantage.ts';

import type { OwnTrouble } from './own-trouble.ts';
import { probeOf } from './probe-of.ts';
import { type Sight, sightOf } from './second-look.ts';
import { isAlone, type SiteState } from './state.ts';
import * as messages from './vantage-messages.ts';
import { isDecided } from './verdict.ts';

type Of = { site: Site; state: SiteState };
/** Asks other places before a site is told as down, and tells when these or our own network are in trouble. */
export type Outlook = {
  /** Together with a check that may decide, so that its answer waits for nobody; undefined: nothing to ask. */
  begin: (of: Of) => Question | undefined;
  /** What others saw, where a failed check decides; else undefined. Never rejects; bounded by `vantage.wait`. */
  sight: (of: Of, asked: Question | undefined) => Promise<Sight | undefined>;
  start: () => void;
  stop: () => void;
};

/** The longest a place may be silent before people hear of it: a restart takes less. */
const missingMs = 2 * 60_000;
const lookMs = 15_000;

export function createOutlook(world: {
  vantage: Vantage | undefined;
  all: () => Iterable<Of>;
  own: OwnTrouble;
  clock: Clock;
  settings: SettingsSource;
}): Outlook {
  const { vantage, clock, settings, own } = world;
  let startedAt = clock.now();
  let cancel: Cancel = () => {};
  const told = { missing: '', alone: '' };

  function ask(site: Site): Question | undefined {
    return vantage?.ask(probeOf(site, true), site.deadlineMs + settings.current().vantage.waitMs);
  }

  async function sight({ site, state }: Of, asked: Question | undefined): Promise<Sight | undefined> {
    if (vantage === undefined || !isDecided(state, site)) return undefined;
    const { waitMs, confirm } = settings.current().vantage;
    const others = (await (asked ?? ask(site))?.answers(waitMs)) ?? [];
    return sightOf(vantage.name, others, confirm);
  }

  function look({ name, points }: Vantage): void {
    const now = clock.now();
    const gone = points().filter(({ seenAt }) => now - (seenAt ?? startedAt) > missingMs);
    say('missing', gone.map((one) => one.name).join(), {
      begins: () => own.begins('vantage', messages.missing(gone, now)),
      ends: () => own.ends('vantage', messages.allThere()),
    });
    const lonely = [...world.all()].filter(({ state }) => isAlone(state));
    const up = [...new Set(lonely.flatMap(({ state }) => state.alone?.sight.up ?? []))];
    const sites = lonely.map(({ site }) => site.name).toSorted();
    const isMany = sites.length >= settings.current().monitoring.group.members;
    say('alone', isMany || (told.alone !== '' && sites.length > 0) ? sites.join() : '', {
      begins: () => own.begins('alone', messages.alone({ here: name, sites, up })),
      ends: () => own.ends('alone', messages.aloneOver(name)),
    });
  }

  /** Only what changed, so that one trouble is one message. */
  function say(what: keyof typeof told, mark: string, act: { begins: () => void; ends: () => void }): void {
    if (mark === told[what]) return;
    told[what] = mark;
    if (mark === '') act.ends();
    else act.begins();
  }

  function again(): void {
    cancel = clock.after(lookMs, () => {
      if (vantage !== undefined) look(vantage);
      again();
    });
  }

  return {
    begin: ({ site, state }) => (state.phase === 'suspect' && isDecided(state, site) ? ask(site) : undefined),
    sight,
    start() {
      startedAt = clock.now();
      // What an earlier process told is over until it is seen again.
      own.ends('vantage', messages.allThere());
      own.ends('alone', messages.aloneOver(vantage?.name ?? ''));
      if (vantage !== undefined) again();
    },
    stop: () => cancel(),
  };
}
