import { describe, expect, it } from 'vitest';

import { Transient } from '#errors.ts';
import { createTagWatch } from '#fleet/tag-watch.ts';
import type { Instance } from '#ports/cloud.ts';
import type { TagRule } from '#ports/settings.ts';
import { anInstance } from '#test/support/builders.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { silentLog } from '#test/support/store.ts';

const any = { values: undefined, pattern: undefined };
const rule: TagRule = { name: 'billing', selector: 'all', keys: { owner: any }, propagate: [] };
const good = (id: Instance['id']) => anInstance({ id, tags: { owner: 'shop' } });
const bad = (id: Instance['id']) => anInstance({ id, tags: {} });

const watch = createFakeSettings().current().tags.watch;

function setting() {
  const there = { servers: [good('i-00000001'), bad('i-00000002')], error: undefined as Error | undefined };
  const book = createFakeIncidents();
  const store = createFakeWatchStore();
  const settings = createFakeSettings({ tags: { required: [rule], watch } });
  const cloud = {
    instances: async () => {
      if (there.error !== undefined) throw there.error;
      return there.servers;
    },
    volumes: async () => [],
  };
  const clouds = { places: () => [{ account: '', region: 'eu-west-1' }], at: () => cloud };
  const { look } = createTagWatch({
    clouds,
    history: store,
    incidents: book.incidents,
    clock: createFakeClock(),
    settings,
    log: silentLog,
  } as unknown as Parameters<typeof createTagWatch>[0]);
  return { there, book, settings, look };
}

describe('the watch over required tags', () => {
  it('finds no news in what was missing at first, nor in what goes away', async () => {
    const { there, book, look } = setting();
    await look();
    there.servers = [bad('i-00000002')];
    await look();
    expect(book.all).toEqual([]);
  });

  it('tells once when more is missing, and ends by itself', async () => {
    const { there, book, look } = setting();
    await look();
    there.servers = [bad('i-00000001'), bad('i-00000002')];
    await look();
    await look();
    expect(book.open()).toHaveLength(1);
    expect(book.all[0]!.report.alert).toBe('2 servers and disks without the tags of rule billing, 1 before');
    there.servers = [good('i-00000001'), bad('i-00000002')];
    await look();
    expect(book.open()).toEqual([]);
    expect(book.all).toHaveLength(1);
  });

  it('takes what people have marked as done for the new normal', async () => {
    const { there, book, look } = setting();
    await look();
    there.servers = [bad('i-00000001'), bad('i-00000002')];
    await look();
    book.all[0]!.open = false;
    await look();
    await look();
    expect(book.open()).toEqual([]);
  });

  it('tells it where the settings say, and is silent and done once it is switched off', async () => {
    const { there, book, settings, look } = setting();
    const { channels } = settings.current();
    settings.change({
      channels: { ...channels, alerts: undefined },
      tags: { required: [rule], watch: { ...watch, channel: 'C0TAGS' } },
    });
    await look();
    there.servers = [bad('i-00000001'), bad('i-00000002')];
    await look();
    expect(book.open()).toHaveLength(1);

    settings.change({ tags: { required: [rule], watch: { ...watch, enabled: false } } });
    await look();
    expect(book.open()).toEqual([]);
    there.servers = [bad('i-00000001'), bad('i-00000002'), bad('i-00000003')];
    await look();
    expect(book.open()).toEqual([]);
  });

  it('says nothing while AWS does not answer, and remembers what was', async () => {
    const { there, book, look } = setting();
    await look();
    there.error = new Transient('AWS does not answer.');
    await expect(look()).rejects.toThrow('does not answer');
    there.error = undefined;
    there.servers = [bad('i-00000001'), bad('i-00000002')];
    await look();
    expect(book.open()).toHaveLength(1);
  });

  it('begins anew with a changed rule, and ends with one that is gone', async () => {
    const { there, book, settings, look } = setting();
    await look();
    settings.change({ tags: { required: [{ ...rule, keys: { owner: any, env: any } }], watch } });
    await look();
    expect(book.open()).toEqual([]);
    there.servers = [bad('i-00000001'), bad('i-00000002'), bad('i-00000003')];
    await look();
    expect(book.open()).toHaveLength(1);
    settings.change({ tags: { required: [], watch } });
    await look();
    expect(book.open()).toEqual([]);
  });
});
