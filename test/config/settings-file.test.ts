import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createSettings } from '#config.ts';
import type { Settings } from '#ports/settings.ts';

import { createKeptLog, problemsOf } from './support.ts';

let directory: string;
let path: string;
let stop: () => void = () => undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'deckhand-settings-'));
  path = join(directory, 'deckhand.yml');
});
afterEach(() => {
  stop();
  rmSync(directory, { recursive: true });
});

function open({ watch = true } = {}) {
  const { log, lines } = createKeptLog();
  const settings = createSettings({ path, log, watch, pollMs: 20 });
  stop = settings.stop;
  const heard: Settings[] = [];
  settings.onChange((changed) => heard.push(changed));
  return { settings, heard, lines, warnings: () => lines.filter(({ level }) => level === 'warn') };
}
const write = (resources: number | string) => writeFileSync(path, `limits: { resources: ${resources} }\n`);

describe('the settings file', () => {
  test('a changed file is applied without restart', async () => {
    write(10);
    const { settings, heard } = open();

    write(20);

    await expect.poll(() => settings.current().limits.resources).toBe(20);
    expect(heard.map(({ limits }) => limits.resources)).toEqual([20]);
  });

  test('a file replaced by a rename is noticed, twice', async () => {
    write(10);
    const { settings } = open();

    for (const resources of [20, 30]) {
      writeFileSync(`${path}.new`, `limits: { resources: ${resources} }\n`);
      renameSync(`${path}.new`, path);
      await expect.poll(() => settings.current().limits.resources).toBe(resources);
    }
  });

  test('a wrong file changes nothing, is told once, and a corrected one is applied', async () => {
    write(10);
    const { settings, heard, warnings } = open();

    writeFileSync(path, 'limits: { resources: 20 }\nhealth: { confirm: often, recover: never }\n');
    await expect.poll(() => warnings().length).toBe(1);

    expect(settings.current().limits.resources).toBe(10);
    expect(heard).toEqual([]);
    expect(JSON.stringify(warnings()[0]?.data)).toMatch(/health\.confirm.*health\.recover/);

    write(30);
    await expect.poll(() => settings.current().limits.resources).toBe(30);
    expect(warnings()).toHaveLength(1);
  });

  test('a file that is gone or empty leaves the settings in force', async () => {
    write(10);
    const { settings, heard, warnings } = open();

    rmSync(path);
    await expect.poll(() => warnings().length).toBe(1);
    writeFileSync(path, '');
    await expect.poll(() => warnings().length).toBe(2);

    expect(settings.current().limits.resources).toBe(10);
    expect(heard).toEqual([]);
  });

  test('a listener that fails keeps the change from nobody', async () => {
    write(10);
    const { settings, lines } = open();
    const late: number[] = [];
    settings.onChange(() => {
      throw new Error('no room');
    });
    settings.onChange(({ limits }) => late.push(limits.resources));

    write(20);

    await expect.poll(() => late).toEqual([20]);
    expect(lines.some(({ level }) => level === 'error')).toBe(true);
  });

  test('nothing is noticed after stop, nor without watch', async () => {
    write(10);
    const unwatched = open({ watch: false });
    const stopped = open();
    stopped.settings.stop();
    const other = open();

    write(20);
    await expect.poll(() => other.settings.current().limits.resources).toBe(20);

    expect(unwatched.settings.current().limits.resources).toBe(10);
    expect(stopped.settings.current().limits.resources).toBe(10);
  });

  test('a file that is missing at the start is refused with the next move', () => {
    expect(problemsOf(() => open())).toEqual([expect.stringMatching(/is missing\. -> Write it, .*docs\/install\.md/)]);
  });

  test('a folder in its place is refused', () => {
    path = directory;

    expect(problemsOf(() => open())).toEqual([expect.stringMatching(/cannot be read \(EISDIR\)/)]);
  });
});
