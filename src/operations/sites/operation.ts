import { z } from 'zod';

import { count } from '#lib/format.ts';
import { defineAnswer, type SiteView } from '#operations/contract.ts';
import type { Line } from '#ports/text.ts';

const NoArgs = z.object({});

export const sitesOperation = defineAnswer<z.infer<typeof NoArgs>>({
  kind: 'answer',
  name: 'sites',
  command: undefined,
  summary: 'The watched sites and how they are',
  usage: '',
  examples: [''],
  role: 'viewer',
  iam: [],
  args: NoArgs,
  parse: () => ({}),
  async answer(asking, _args, { page }) {
    const sites = (await asking.sites()).toSorted(
      (a, b) => Number(isUp(a)) - Number(isUp(b)) || a.name.localeCompare(b.name),
    );
    const down = sites.filter((site) => !isUp(site) && !isMeant(site)).length;
    const shown = sites.slice(page * 20, (page + 1) * 20);
    return {
      alert: `${count(sites.length, 'site')}, ${down} not up`,
      title: 'Sites',
      sections: [
        {
          kind: 'list',
          items: sites.length === 0 ? ['No site is watched. Add some under `sites` in deckhand.yml.'] : shown.map(line),
        },
      ],
      buttons: [
        ...(page > 0 ? [{ verb: 'previous', label: 'Back' } as const] : []),
        ...(sites.length > (page + 1) * 20 ? [{ verb: 'next', label: 'More' } as const] : []),
        { verb: 'refresh', label: 'Refresh' },
      ],
    };
  },
});

function isUp(site: SiteView): boolean {
  return site.state === 'up';
}

/** Not up on purpose, or nobody's fault yet. */
function isMeant(site: SiteView): boolean {
  return ['paused', 'maintenance', 'not checked yet'].includes(site.state);
}

function line(site: SiteView): Line {
  return [
    { emoji: isUp(site) ? 'large_green_circle' : isMeant(site) ? 'white_circle' : 'red_circle' },
    ' ',
    { bold: site.name },
    ` ${site.state}`,
    ...(site.since === undefined ? [] : [' since ', { at: site.since, style: 'datetime' } as const]),
    `${site.lastMs === undefined ? '' : ` · ${Math.round(site.lastMs)} ms`} · ${site.url}`,
  ];
}
