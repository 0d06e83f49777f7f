import { leftOver, listOf, type Moves } from './imported.ts';

/** What of a Gatus config has no like here. Source of the keys: https://github.com/TwiN/gatus#configuration. */

/** Of one endpoint. */
export function lossesOf(endpoint: { client?: Record<string, unknown> | null | undefined }): string[] {
  return [
    ...leftOver(endpoint, { carried: endpointKeys, moves: endpointMoves }),
    ...leftOver(endpoint.client ?? {}, { carried: clientKeys, moves: clientMoves, prefix: 'client.' }),
  ];
}

/** Of everything beside the endpoints. */
export function lossesOfAll(config: Readonly<Record<string, unknown>>): string[] {
  return leftOver(config, { carried: configKeys, moves: configMoves });
}

const reasons = {
  'external-endpoints': 'its results are sent from outside; Deckhand looks itself, so give it an address to check',
  suites: 'steps that build on each other; add a site for each address of it',
};
export function othersOf(key: keyof typeof reasons) {
  return (one: unknown, at: number) => {
    const { name } = Object(one) as { name?: unknown };
    return { of: typeof name === 'string' ? name : `${key} ${at + 1}`, what: `not carried over: ${reasons[key]}` };
  };
}

const endpointKeys = 'name group url enabled method body graphql headers interval conditions dns client'.split(' ');
const clientKeys = ['insecure', 'ignore-redirect', 'timeout', 'network'];
/** Settings of Gatus itself say nothing about what is checked. */
const configKeys = [
  ...'endpoints external-endpoints suites storage web ui metrics debug concurrency'.split(' '),
  ...'disable-monitoring-lock skip-invalid-config-update'.split(' '),
];
const endpointMoves: Moves = {
  alerts: (value) => [
    `its alerts${typesOf(value)}: its alerts go to \`channels.alerts\`, or to its \`channel\`; thresholds are \`recheck\` and \`recover\``,
  ],
  'maintenance-windows': () => ['its maintenance windows: add them under `maintenance`, with its name under `sites`'],
  ui: () => [],
  'extra-labels': () => ['its labels: Deckhand has none; `owner` and `runbook` say who and what to do'],
};
const clientMoves: Moves = {
  'proxy-url': () => [
    'its proxy: Deckhand asks directly; let it reach the site, or check from an agent (docs/vantage.md)',
  ],
  oauth2: () => ['its sign-in (OAuth2): add a header `authorization` from the environment'],
  'dns-resolver': () => ['its own DNS server: Deckhand asks those of its machine'],
  tls: () => ['its client certificate, which Deckhand cannot show; check another address of it'],
};
const configMoves: Moves = {
  alerting: (value) => [
    `its alerting (${Object.keys(Object(value) as object).join(', ')}): alerts go to \`channels.alerts\` of Slack`,
  ],
  maintenance: () => ['its maintenance window: add it under `maintenance`, with `cron` and `duration`'],
  connectivity: () => ['its connectivity check: Deckhand has `monitoring.blind.canaries`'],
  remote: () => ['its remote instances: import their configs one by one'],
  security: () => ['its sign-in: who may do what stands under `roles`'],
  announcements: () => ['its announcements: planned work stands under `maintenance`'],
};

function typesOf(alerts: unknown): string {
  const types = listOf(alerts).flatMap((one) => {
    const { type } = Object(one) as { type?: unknown };
    return typeof type === 'string' ? [type] : [];
  });
  return types.length === 0 ? '' : ` (${[...new Set(types)].join(', ')})`;
}
