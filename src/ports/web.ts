/** What one check of a site asks for. Credentials never stand in `url`. */
export type Probe = {
  url: string;
  /** One absolute deadline for everything, redirects included. */
  deadlineMs: number;
  /** Status codes that count as up; default 200–399 when empty. */
  statuses: readonly number[];
  /** Text that must stand in the first 256 KiB of the body. */
  contains?: string;
  /** True: an untrusted or expired certificate makes the site down. */
  verifyTls: boolean;
  /** Redirects followed by hand; 0 = the redirect itself is the answer. */
  maxRedirects: number;
  /** Ask the resolver anew instead of the cache (re-checks). */
  freshDns: boolean;
};
/** Exactly one class per failure. `monitor` is our own fault and never counts against a site. */
export const failureClasses = [
  'dns',
  'refused',
  'connect-timeout',
  'tls',
  'cert',
  'reset',
  'status',
  'body',
  'deadline',
  'blocked',
  'monitor',
] as const;
export type FailureClass = (typeof failureClasses)[number];
export type Phases = {
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  downloadMs: number;
  totalMs: number;
};
export type ProbeResult = {
  startedAt: number;
  phases: Phases;
  status?: number;
  certificate?: { validTo: number; fingerprint: string };
  /** What the name in the URL resolved to, to see what sites share. Absent when it did not. Never shown to people. */
  addresses?: readonly string[];
  /** Absent: up. `detail` is ours, short, and holds no body text and no resolved internal address. */
  failure?: { class: FailureClass; detail: string };
};
/** Looks at a URL once, over a fresh connection. Never throws; never follows to an instance-metadata address. */
export type Web = { probe: (probe: Probe) => Promise<ProbeResult>; close: () => Promise<void> };
