/** Where a Docker engine listens. */
export type DockerEngine = {
  /** `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2375`, `tcp://10.0.0.5:2376` with certificates, or http(s). */
  address: string;
  /** Paths of PEM files. All three together mean TLS, and that the engine must be who `ca` says. */
  tls?: { ca: string; cert: string; key: string };
};

export type Container = {
  /** 64 hexadecimal digits. */
  id: string;
  /** Without Docker's slash. Untrusted, as image and labels. */
  name: string;
  image: string;
  /** created | running | paused | restarting | removing | exited | dead. */
  state: string;
  /** starting | healthy | unhealthy, when the image has a health check. */
  health?: string;
  /** Of the last start and end; epoch ms. */
  startedAt?: number;
  finishedAt?: number;
  exitCode: number;
  /** How often Docker's restart policy has started it again. */
  restarts: number;
  labels: Readonly<Record<string, string>>;
};

/** Both set = both must fit. A name is the whole name; a label is `key` or `key=value`. */
export type ContainerQuery = { name?: string; label?: string };

/**
 * Docker engines. Every method has a time-out; throws Refusal ("not-found", "bad-input" for an address or certificate that
 * cannot be used, "conflict", "not-permitted", "not-offered" for an engine that is too old) or Transient (not reachable, no
 * clear answer). Whoever may use the socket is root on that host: name only engines that are meant for it.
 */
export type Containers = {
  /** Running and stopped ones. */
  list: (
    engine: DockerEngine,
    query?: ContainerQuery,
  ) => Promise<readonly { id: string; name: string; state: string }[]>;
  /** By name or id. */
  container: (engine: DockerEngine, name: string) => Promise<Container>;
  /**
   * Stops it, by force after `graceSec` (10 unless said, at most 300), and starts it again. Repeatable: a container that
   * was started after `startedAt`, as it was read before (undefined: it had never been started), counts as done.
   */
  restart: (
    engine: DockerEngine,
    of: { name: string; startedAt: number | undefined; graceSec?: number },
  ) => Promise<void>;
  /** Frees sockets. Safe to repeat. */
  close: () => Promise<void>;
};
