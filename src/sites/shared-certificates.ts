import type { Clock } from '#ports/clock.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Site } from '#ports/site-settings.ts';

import type { Book } from './book.ts';
import type { Watched } from './groups.ts';
import type { Owed, ToldOf } from './incident.ts';
import { beforeOf, keep } from './told.ts';

/** One certificate on many sites is told once, by one of them. */
export function createSharedCertificates(world: {
  book: Pick<Book, 'soon'>;
  channelOf: (site: Site) => ChannelId | undefined;
  get: (name: string) => Watched | undefined;
  all: () => Iterable<Watched>;
  clock: Clock;
}) {
  const { book, clock } = world;

  /** Other sites that show the same certificate and alert in the same channel. */
  function sharersOf({ site, state }: Watched): readonly Watched[] {
    const channel = world.channelOf(site);
    return [...world.all()].filter(
      (one) =>
        one.site.name !== site.name &&
        one.state.certificate?.fingerprint === state.certificate?.fingerprint &&
        world.channelOf(one.site) === channel,
    );
  }

  /** One certificate on many sites is one message, that of the first which came to tell it. */
  function isToldOnce(of: Watched, item: Owed): boolean {
    const before = beforeOf(of, 'certificate');
    if (item.act === 'resolve') {
      if (before.follows !== undefined) keep(of, 'certificate', { ...before, over: true });
      return before.follows !== undefined;
    }
    // Its own message stays its own.
    if (!before.over && before.follows === undefined && before.at > 0) return false;
    const teller = sharersOf(of).find(({ told: { certificate } }) => isTelling(certificate, item.mark));
    if (teller === undefined) return false;
    const at = clock.now();
    keep(of, 'certificate', { mark: item.mark, sent: true, at, over: false, follows: teller.site.name });
    book.soon(of.site.name, () => ({ state: of.state, told: of.told }));
    return true;
  }

  /** The site whose message told of its certificate tells it no more, yet this one still shows it. */
  function hasLostTeller({ told: { certificate } }: Watched): boolean {
    if (certificate?.follows === undefined || certificate.over) return false;
    return !isTelling(world.get(certificate.follows)?.told.certificate, certificate.mark);
  }

  return { sharersOf, isToldOnce, hasLostTeller };
}

/** Its own message is open and says this. */
function isTelling(told: ToldOf | undefined, mark: string): boolean {
  return told !== undefined && !told.over && told.follows === undefined && told.mark === mark;
}
