import { Refusal } from '#errors.ts';
import { type PictureWorld, pictureOf } from '#lib/picture.ts';
import type { Answer, Asking } from '#operations/contract.ts';
import type { Clock } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import type { SettingsSource } from '#ports/settings.ts';

import { loadKept } from './book.ts';
import * as messages from './past-messages.ts';
import { readPast } from './past.ts';
import { begin, dayMs, hourMs } from './rollup.ts';
import { wasAlone } from './vantage-messages.ts';

export type PastWorld = PictureWorld & {
  history: Pick<History, 'measures' | 'watch'>;
  settings: SettingsSource;
  clock: Clock;
};

/** The span that ends now. */
export function spanOf(name: messages.Span['name'], now: number): messages.Span {
  const [words, from] = {
    day: ['the last 24 hours', begin(now, hourMs) - 23 * hourMs] as const,
    week: ['the last 7 days', begin(now, dayMs) - 6 * dayMs] as const,
    month: ['the last 30 days', begin(now, dayMs) - 29 * dayMs] as const,
  }[name];
  return { name, words, from, to: now };
}

/** The history of one site, with charts and a CSV. Refusal "not-found" when it is not watched; Transient with the store. */
export function createPastView(world: PastWorld): Asking['siteHistory'] {
  return async (name, spanName): Promise<Answer> => {
    const site = world.settings.current().sites.find((one) => one.name === name);
    if (site === undefined)
      throw new Refusal('not-found', `No site is named \`${name}\`. See the names with \`/deck sites\`.`);
    const now = world.clock.now();
    const span = spanOf(spanName, now);
    const of = { sites: [name], now } as const;
    const past =
      (await readPast(world.history, { ...of, grain: spanName === 'day' ? 'h' : 'd', from: span.from })).get(name) ??
      [];
    const budgetFrom = begin(now - (site.slo?.windowMs ?? 0), dayMs);
    const budget =
      site.slo === undefined
        ? []
        : ((await readPast(world.history, { ...of, grain: 'd', from: budgetFrom })).get(name) ?? []);
    const rows = [{ name, past }];
    const alone = (await loadKept(world, name)).get(name)?.state.alone;
    return {
      alert: `${name}, ${span.words}: ${messages.upInWords(messages.total(past))}`,
      title: `${name}: ${span.words}`,
      sections: [
        ...messages.sections(site, past, budget),
        ...(alone === undefined || (alone.until ?? now) < span.from
          ? []
          : [{ kind: 'note', line: wasAlone(alone) } as const]),
        await pictureOf(world, messages.upDownChart(`${name}: up and down`, span, rows)),
        await pictureOf(world, messages.latencyChart(site, past)),
      ],
      files: [
        { name: `${name}-${spanName}.csv`, title: `History of ${name}, ${span.words}`, text: messages.csv(rows) },
      ],
    };
  };
}
