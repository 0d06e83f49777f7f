import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';
import { addressOf, parseBreak } from '#operations/sites/arguments.ts';
import { breakPlanned } from '#operations/sites/break-messages.ts';
import { listed } from '#operations/sites/list-messages.ts';
import { looked } from '#operations/sites/messages.ts';
import type { SiteView } from '#ports/managed-sites.ts';

const hour = 3_600_000;
const pause = (line: string) => parseBreak(readWords(line), { verb: 'pause', must: false });
const maintain = (line: string) => parseBreak(readWords(line), { verb: 'maintenance', must: true });

describe('the time of a pause, a silence or maintenance', () => {
  it.each([
    ['api 2 hours', '`2 hours`', '`2h`'],
    ['api 30 minutes', '`30 minutes`', '`30m`'],
    ['api 2hours', '`2hours`', '`2h`'],
    ['api 1 Day', '`1 Day`', '`1d`'],
    ['api 2', '`2`', '`2h`'],
    ['api shop 1,5h', '`1,5h`', '`1.5h`'],
  ])('%s is not taken for sites, but told how to be written', (line, said, meant) => {
    expect(() => pause(line)).toThrow(said);
    expect(() => pause(line)).toThrow(`Write the time as ${meant}`);
  });

  it('names the word that is no time where there has to be one', () => {
    expect(() => maintain('demo-shop 2x')).toThrow('`2x` is no time such as `30m`');
    expect(() => maintain('demo-shop')).toThrow('Say for how long');
  });

  it('leaves names that begin with a digit alone', () => {
    expect(pause('shop 2x')).toMatchObject({ names: ['shop', '2x'], forMs: undefined });
    expect(pause('shop 404 2h')).toMatchObject({ names: ['shop', '404'], forMs: 2 * hour });
  });

  it.each([
    [hour, '1 h'],
    [24 * hour, '24 h'],
    [hour / 2, '30 min'],
    [1.75 * hour, '1 h 45 min'],
    [72 * hour, '3 d'],
  ])('of %i ms is said as it was typed: %s', (forMs, said) => {
    expect(title(forMs)).toContain(`for ${said}`);
  });
  const title = (forMs: number) =>
    breakPlanned({ kind: 'silence', names: ['shop'], forMs, end: false, reason: null }).title;
});

describe('the address of a site', () => {
  it.each([
    ['shop.example.com', 'https://shop.example.com'],
    ['shop.example.com/health?a=1', 'https://shop.example.com/health?a=1'],
    ['web-1:8080/x', 'https://web-1:8080/x'],
    ['10.0.0.5', 'https://10.0.0.5'],
    ['notaurl', 'notaurl'],
    ['tcp://db:5432', 'tcp://db:5432'],
  ])('%s is read as %s', (typed, meant) => expect(addressOf(typed)).toBe(meant));
});

describe('the look before a site is confirmed', () => {
  const phases = { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, downloadMs: 0, totalMs: 120.4 };

  it.each([
    [undefined, 'Now: answers in 120 ms.'],
    [{ class: 'dns', detail: 'no such name' }, 'Now: would count as down: no such name.'],
    [{ class: 'setup', detail: 'the variable KEY is not set' }, 'Now: cannot be checked: the variable KEY is not set.'],
    [{ class: 'monitor', detail: 'x' }, 'Now: Deckhand could not look, which says nothing of the site.'],
  ] as const)('of %j says: %s', (failure, said) => {
    expect(looked({ startedAt: 0, phases, ...(failure === undefined ? {} : { failure }) })).toBe(said);
  });
});

describe('the list of sites', () => {
  const view = (state: string): SiteView => ({
    name: state.replaceAll(' ', '-'),
    url: 'https://a.example.com',
    state,
    since: undefined,
    lastMs: undefined,
  });
  const colourOf = (state: string) => {
    const message = listed({
      views: [view(state)],
      managed: [],
      filter: undefined,
      page: 0,
      vantage: [],
      checks: undefined,
    });
    return /"emoji":"(\w+)"/.exec(JSON.stringify(message))?.[1];
  };

  it.each([
    ['down', 'red_circle'],
    ['recovering', 'red_circle'],
    ['suspect', 'large_yellow_circle'],
    ['degraded', 'large_yellow_circle'],
    ['intermittent', 'large_yellow_circle'],
    ['cannot be checked', 'large_yellow_circle'],
    ['not checked lately', 'large_yellow_circle'],
    ['paused', 'white_circle'],
    ['maintenance', 'white_circle'],
    ['up', 'large_green_circle'],
  ])('%s is shown as %s', (state, colour) => expect(colourOf(state)).toBe(colour));

  it('names what can be typed where the word is neither a state nor a name', () => {
    const message = listed({ views: [], managed: [], filter: 'report', page: 0, vantage: [], checks: undefined });

    expect(JSON.stringify(message)).toContain('add, edit, remove, pause');
  });
});
