import type { Site } from '#ports/site-settings.ts';

import * as conditions from './condition-messages.ts';
import type { Follower, Owed, Topic } from './incident.ts';
import * as messages from './messages.ts';
import type { Server } from './server.ts';
import type { SiteState } from './state.ts';
import * as together from './together-messages.ts';

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
      return conditions.slow(of);
    case 'intermittent':
      return conditions.intermittent(of);
    case 'certificate':
      return conditions.certificate({ ...of, sharers: of.sharers() });
  }
}

/** The words for its end. */
export function endWords(item: Owed, of: Facts): messages.Words {
  if (of.state.setup !== undefined) return messages.unseen(of.site, titles[item.topic]);
  switch (item.topic) {
    case 'down':
      return of.followers.length === 0 ? messages.upAgain(of) : together.upAgain(of);
    case 'slow':
      return conditions.slowOver(of);
    case 'intermittent':
      return conditions.intermittentOver(of);
    case 'certificate':
      return conditions.certificateOver(of);
  }
}
