import type { Site } from '#ports/site-settings.ts';

import type { Follower, Owed, Topic } from './incident.ts';
import * as messages from './messages.ts';
import type { Server } from './server.ts';
import * as together from './together-messages.ts';
import type { SiteState } from './verdict.ts';

export const titles = {
  down: 'Site down',
  slow: 'Site slow',
  intermittent: 'Site intermittent',
  certificate: 'Certificate',
} as const satisfies Record<Topic, string>;

type Facts = {
  site: Site;
  state: SiteState;
  server: Server;
  now: number;
  followers: readonly Follower[];
  sharers: () => readonly string[];
};

/** The words for what must be told. */
export function words(item: Owed & { act: 'raise' }, of: Facts): messages.Words {
  switch (item.topic) {
    case 'down':
      return of.followers.length === 0
        ? messages.down({ ...of, first: item.first })
        : together.down({ ...of, first: item.first });
    case 'slow':
      return messages.slow(of);
    case 'intermittent':
      return messages.intermittent(of);
    case 'certificate':
      return messages.certificate({ ...of, sharers: of.sharers() });
  }
}

/** The words for its end. */
export function endWords(item: Owed, of: Facts): messages.Words {
  if (of.state.setup !== undefined) return messages.unseen(of.site, titles[item.topic]);
  switch (item.topic) {
    case 'down':
      return of.followers.length === 0 ? messages.upAgain(of) : together.upAgain(of);
    case 'slow':
      return messages.slowOver(of);
    case 'intermittent':
      return messages.intermittentOver(of);
    case 'certificate':
      return messages.certificateOver(of);
  }
}
