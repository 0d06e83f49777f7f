import { describe, expect, it } from 'vitest';

import { createPictures } from '#chart/pictures.ts';
import { readWords } from '#lib/words.ts';
import { parseHistory } from '#operations/sites/history.ts';
import type { NewFile } from '#ports/chat.ts';
import { bucketOf, encode, nothing } from '#sites/measure.ts';
import { createPastView } from '#sites/past-view.ts';
import { createSiteReports } from '#sites/report.ts';
import { dayMs, hourMs } from '#sites/rollup.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeMeasures } from '#test/support/fake-measures.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';

import { aSite } from './support.ts';

const now = Date.UTC(2026, 0, 5, 9, 30);
async function aView(upload: () => Promise<void> = async () => undefined) {
  const measures = createFakeMeasures();
  const today = now - (now % dayMs);
  const ofHour = (downMs: number, ms: number) =>
    encode({
      ...nothing,
      upMs: hourMs - downMs,
      downMs,
      checks: 60,
      failed: downMs / 60_000,
      buckets: new Map([[bucketOf(ms), 60]]),
    });
  for (let at = now - 30 * dayMs; at < now; at += hourMs) {
    const hour = at - (at % hourMs);
    await measures.save('h', [
      { site: 'shop', at: hour, data: ofHour(hour === today + 3 * hourMs ? 600_000 : 0, 100 + (hour % 7) * 20) },
    ]);
  }
  for (let at = today - 29 * dayMs; at < today; at += dayMs)
    await measures.save('d', [
      {
        site: 'shop',
        at,
        data: encode({ ...nothing, upMs: dayMs, checks: 1_440, buckets: new Map([[bucketOf(200), 1_440]]) }),
      },
    ]);
  const files: NewFile[] = [];
  const world = {
    history: { measures, watch: createFakeWatchStore().watch },
    settings: createFakeSettings({
      sites: [
        aSite({ slo: { target: 99.9, windowMs: 30 * dayMs, latency: { underMs: 800, share: 95 } } }),
        aSite({ name: 'new' }),
        aSite({ name: 'away', channel: 'C0OTHER' }),
      ],
    }),
    chat: {
      file: async (file: NewFile) => {
        await upload();
        files.push(file);
        return { id: `F${files.length}` };
      },
    },
    pictures: createPictures(),
    clock: createFakeClock(now),
    log: createKeptLog().log,
  };
  return { view: createPastView(world), reports: createSiteReports(world), files };
}

describe('the history of a site', () => {
  it('tells uptime, response times and the budget, with two charts and a CSV', async () => {
    const { view, files } = await aView();
    const answer = await view('shop', 'day');

    expect(answer.alert).toBe('shop, the last 24 hours: 99.27 % up');
    expect(JSON.stringify(answer.sections)).toMatch(/99.9 % up in 30 d: 7\d\.\d+ % left/);
    expect(answer.sections.filter(({ kind }) => kind === 'image')).toHaveLength(2);
    expect(files.map(({ alt }) => alt)).toEqual([
      expect.stringMatching(/shop: up 9\d\.?\d* %, down 0\.\d+ % \(1 time\)/),
      expect.stringMatching(/p50: last .* ms, between/),
    ]);
    const lines = answer.files?.[0]?.text.trim().split('\r\n') ?? [];
    expect(lines).toHaveLength(24);
    expect(lines.find((line) => line.includes('T03:00'))).toMatch(
      /shop,2026-01-05T03:00:00.000Z,0.833333,3000,600,0,60,10,/,
    );
  });

  it('of a month is by day', async () => {
    const { view } = await aView();
    const answer = await view('shop', 'month');
    expect(answer.files?.[0]?.text.trim().split('\r\n')).toHaveLength(31);
  });

  it('says the charts in words where they cannot be uploaded', async () => {
    const { view } = await aView(async () => Promise.reject(new Error('away')));
    const answer = await view('shop', 'week');
    expect(answer.sections.filter(({ kind }) => kind === 'image')).toEqual([]);
    expect(JSON.stringify(answer.sections)).toMatch(/response time\. p50: last/);
  });

  it('refuses a name that is not watched', async () => {
    const { view } = await aView();
    await expect(view('shp', 'week')).rejects.toThrow('No site is named `shp`. See the names with `/deck sites`.');
  });

  it.each([
    ['shop', { name: 'shop', span: 'week' }],
    ['shop Month', { name: 'shop', span: 'month' }],
  ])('`%s` asks for it', (line, expected) => expect(parseHistory(readWords(line))).toEqual(expected));

  it.each(['', 'shop year', 'shop day more'])('`%s` is refused with an example', (line) => {
    expect(() => parseHistory(readWords(line))).toThrow('/deck sites history shop month');
  });
});

describe('the weekly report', () => {
  it('of a channel has its sites only, the worst first, and every day in the CSV', async () => {
    const { reports } = await aView();
    expect(reports.channels()).toEqual(['C0ALERTS', 'C0OTHER']);
    const report = await reports.compose('C0ALERTS');

    expect(report?.message.alert).toMatch(/The week of 2 sites: 1 of 2 were down, shop the longest \(99\.\d+ % up\)/);
    const table = report?.message.sections.find((section) => section.kind === 'table');
    expect(table?.rows.map(([name, , down]) => [name, down])).toEqual([
      ['shop', '10 min'],
      ['new', '–'],
    ]);
    expect(report?.message.sections.filter(({ kind }) => kind === 'image')).toHaveLength(1);
    expect(report?.file.text.trim().split('\r\n')).toHaveLength(8);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(await reports.compose('C0NOBODY')).toBeUndefined();
  });
});
