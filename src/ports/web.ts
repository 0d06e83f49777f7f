export const recordTypes = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT'] as const;
export type RecordType = (typeof recordTypes)[number];
/**
 * What must hold of an answer, all of it: of the first value that a JSON path (RFC 9535) finds, of a header, or, with
 * neither, of the text. Only the first 256 KiB are looked at. `matches` is RE2, found anywhere, in linear time.
 */
export type Expectation = {
  json?: string | undefined;
  header?: string | undefined;
  equals?: string | number | boolean | null | undefined;
  contains?: string | undefined;
  lacks?: string | undefined;
  matches?: string | undefined;
  atLeast?: number | undefined;
  atMost?: number | undefined;
};
/** What a check asks and expects beyond an answer to a plain GET. Left out: nothing more. */
export type Asks = {
  method?: string | undefined;
  /** `${env:NAME}` in values and in the body stands for a variable of the environment, put in at the last moment. */
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
  expect?: readonly Expectation[] | undefined;
  /** Only addresses of this family. */
  family?: 4 | 6 | undefined;
  /** Of `dns:`, default A. */
  record?: RecordType | undefined;
  /** Of `dns:`: exactly these records, in any order; empty = any. */
  values?: readonly string[] | undefined;
};
/** What one check of a site asks for. Credentials never stand in `url`. */
export type Probe = Asks & {
  /** `http`, `https`, `tcp` (a connection), `tls` (and its certificate), `dns` (records of a name) or `ping`. */
  url: string;
  /** One absolute deadline for everything, redirects included. */
  deadlineMs: number;
  /** Status codes that count as up; default 200–399 when empty. A redirect among them is the answer, unless all are. */
  statuses: readonly number[];
  /** Text that must stand in the first 256 KiB of the body. */
  contains?: string;
  /** True: an untrusted or expired certificate makes the site down. */
  verifyTls: boolean;
  /** Redirects followed by hand; 0 = the redirect itself is the answer. */
  maxRedirects: number;
  /** Ports it may go to beside 80 and 443, redirects included; any when left out. */
  ports?: readonly (readonly [number, number])[] | undefined;
  /** Ask the DNS anew instead of the cache (re-checks), and wait longer for it before an older answer is taken. */
  freshDns: boolean;
};
/**
 * Exactly one class per failure. `monitor` is our own fault and never counts against a site. `setup`: as it is set up the
 * check cannot be made (no ping program, a variable that is not set, an address that checks must not reach), so it says
 * nothing of the site either. `blocked`: the site redirects to where no check may follow.
 */
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
  'setup',
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
  /**
   * The name at the end of the CNAMEs of the name in the URL (a load balancer, a CDN), its own where it has none. Asked for
   * with `freshDns` only; absent when the DNS did not say in time.
   */
  canonical?: string;
  /** The DNS was silent, and the address is that of an older answer. What fails there has the class `dns`. */
  staleDns?: true;
  /**
   * Absent: up. `detail` is short and holds no secret and no resolved internal address; of an answer at most the cut
   * value that an expectation of deckhand.yml names.
   */
  failure?: { class: FailureClass; detail: string };
};
/** Looks at an address once, over a fresh connection. Never throws; never follows to an instance-metadata address. */
export type Web = {
  probe: (probe: Probe) => Promise<ProbeResult>;
  /** Why no check may go where this address literally leads (an IP address, `localhost`), in words; undefined: it may, or only
   *  its check tells. Asks nobody. */
  refuses: (url: string) => string | undefined;
  close: () => Promise<void>;
};
