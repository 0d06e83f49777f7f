import type { Watched } from './groups.ts';
import type { ToldOf, Topic } from './incident.ts';

/** Notes what people were told of a topic of a site. */
export function keep(of: Watched, topic: Topic, told: ToldOf): void {
  of.told = { ...of.told, [topic]: told };
}

/** What they were told before. */
export function beforeOf(of: Watched, topic: Topic): ToldOf {
  return of.told[topic] ?? { mark: '', sent: false, at: 0, over: false };
}
