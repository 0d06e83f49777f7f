import { readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { isRefusal } from '#errors.ts';
import type { Log } from '#ports/clock.ts';
import type { SiteReader } from '#ports/managed-sites.ts';
import type { Settings, SettingsSource } from '#ports/settings.ts';

import { parseSettings } from './parse-settings.ts';
import { refuseAll } from './problems.ts';
import { readSite } from './read-site.ts';
import { readYaml } from './read-yaml.ts';
import type { SitesDefaults } from './sites-schema.ts';
import { readTypedSite } from './typed-site.ts';

export type SettingsFileOptions = {
  path: string;
  log: Log;
  /** False: read once. */
  watch: boolean;
  /** What `${env:NAME}` may name; left out, that is not checked. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Time between two looks at the file. Default 1 s. */
  pollMs?: number;
};

/**
 * The settings in a file. Throws Refusal "bad-input" when the file is missing or wrong at the start. With `watch`, a
 * changed file is applied wholly, within about three `pollMs`, or, when anything in it is wrong, not at all: then the
 * settings stay as they were and one warning names every problem. The file is polled by name, so replacing it by a
 * rename, as editors and Kubernetes do, is noticed, and network file systems work. `stop` is safe to repeat.
 */
export function createSettings(options: SettingsFileOptions): SettingsSource & { sites: SiteReader; stop: () => void } {
  const { path, log, watch, env, pollMs = 1_000 } = options;
  // The mark is older than the text: a change in between is seen as one.
  const mark = markNow(path);
  let text = readSettingsFile(path);
  let settings = parseSettings(text, path, env);
  const listeners: ((settings: Settings) => void)[] = [];

  function look(): void {
    try {
      const now = readSettingsFile(path);
      if (now === text) return;
      text = now;
      settings = parseSettings(now, path, env);
    } catch (error) {
      log.warn(
        { path, reason: isRefusal(error) ? error.message : error },
        'changed settings refused; the old ones stay in force',
      );
      return;
    }
    log.info({ path }, 'changed settings applied');
    for (const listener of listeners) tell(listener);
  }

  /** One listener's failure must not keep the settings from the others, nor end the process. */
  function tell(listener: (settings: Settings) => void): void {
    try {
      listener(settings);
    } catch (error) {
      log.error({ err: error, path }, 'changed settings could not be put to use everywhere');
    }
  }

  const stop = watch ? whenSettled({ path, pollMs, mark }, look) : () => undefined;
  const defaults = () => settings.sitesDefaults as SitesDefaults; // made by the schema

  function whereIs(name: string): string | undefined {
    const at = settings.sites.findIndex((site) => site.name === name);
    const yaml = readYaml(text);
    return at < 0 || !yaml.ok ? undefined : `${basename(path)}:${yaml.lineOf(['sites', at])}`;
  }

  return {
    sites: {
      read: (fields) => readSite(fields, defaults(), settings.web.ports),
      readTyped: (typed, before) => readTypedSite(typed, before, defaults(), settings.web.ports),
      whereIs,
    },
    current: () => settings,
    onChange: (listener) => void listeners.push(listener),
    stop,
  };
}

/** Calls `act` when the file differs from the last mark and has come to rest: two looks in a row saw the same. */
function whenSettled(of: { path: string; pollMs: number; mark: string }, act: () => void): () => void {
  let settled = of.mark;
  let before = of.mark;
  let stopped = false;

  async function look(): Promise<void> {
    const now = await stat(of.path, { bigint: true }).then(markOf, () => gone);
    if (stopped) return;
    if (now !== settled && now === before) {
      settled = now;
      act();
    }
    before = now;
    timer = setTimeout(() => void look(), of.pollMs).unref();
  }

  let timer = setTimeout(() => void look(), of.pollMs).unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

const gone = 'gone';

function markNow(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? gone : markOf(stats);
}

/** Changes with every write and every replacement of the file. */
function markOf(of: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return `${of.ino} ${of.size} ${of.mtimeNs} ${of.ctimeNs}`;
}

/** The text of the file. Throws Refusal "bad-input" when it cannot be read. */
export function readSettingsFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuseAll('The settings file cannot be read.', [
      {
        where: path,
        what: missing ? 'is missing.' : `cannot be read (${(error as NodeJS.ErrnoException).code}).`,
        next: missing
          ? 'Write it, with the few lines of docs/install.md to start with, or point DECKHAND_CONFIG at your file.'
          : 'It must be a file that the user who runs Deckhand may read.',
      },
    ]);
  }
}
