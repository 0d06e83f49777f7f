import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { Settings, SettingsSource } from '#ports/settings.ts';

export type Listener = {
  /** Where it listens, with a slash at the end; undefined while it does not. */
  url: () => string | undefined;
  close: () => Promise<void>;
};
export type Wanted = { enabled: boolean; host: string; port: number };

/** How soon a port that could not be opened is tried again. */
const againMs = 30_000;

/**
 * Keeps a server on the port that deckhand.yml names, while it wants one; follows its changes. It never hurts the rest: a
 * port that is taken is logged and tried again. Resolves after the first try.
 */
export async function keepListening(of: {
  /** For the log: `the status page`. */
  what: string;
  /** The setting that names the port. */
  setting: string;
  wanted: (settings: Settings) => Wanted;
  create: () => Server;
  settings: SettingsSource;
  clock: Clock;
  log: Log;
}): Promise<Listener> {
  const { what, setting, settings, clock, log } = of;
  let open: { server: Server; at: string } | undefined;
  let cancel: Cancel = () => {};
  let closed = false;
  /** One change after the other. */
  let last = follow(of.wanted(settings.current()));
  settings.onChange((changed) => {
    last = last.then(() => follow(of.wanted(changed)));
  });

  async function follow(wanted: Wanted): Promise<void> {
    cancel();
    const at = `${wanted.host} ${wanted.port}`;
    if (open !== undefined && (closed || !wanted.enabled || open.at !== at)) await end();
    if (closed || !wanted.enabled || open !== undefined) return;
    const server = of.create();
    try {
      await listen(server, wanted);
      open = { server, at };
      server.on('error', (error) => log.warn({ err: error }, `${what} has trouble with its port`));
      log.info({ url: urlOf(server) }, `${what} is served`);
    } catch (error) {
      const { host, port } = wanted;
      log.error(
        { err: error, host, port },
        `${what} has no port: set ${setting} to a free one, or stop what uses it; trying again`,
      );
      cancel = clock.after(againMs, () => {
        last = last.then(() => follow(of.wanted(settings.current())));
      });
    }
  }

  async function end(): Promise<void> {
    const { server } = open ?? {};
    open = undefined;
    await new Promise<void>((resolve) => {
      if (server === undefined) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  await last;
  return {
    url: () => (open === undefined ? undefined : urlOf(open.server)),
    async close() {
      closed = true;
      cancel();
      await last;
      cancel();
      await end();
    },
  };
}

function listen(server: Server, { host, port }: Wanted): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
}
