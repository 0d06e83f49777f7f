import { sandboxAccounts } from '#sandbox/accounts/index.ts';

import { sandboxAgents } from './agents.ts';

/** The deckhand.yml of the sandbox: its people and channels, a demo site, and waits as quick as its AWS. */
export function sandboxSettings(of: { url: string; speed: number; statusPage: boolean; agents?: boolean }): string {
  const { url, speed, agents = false } = of;
  const quick = (ms: number, least: number) => `${Math.max(least, Math.round(ms / speed))}ms`;
  return `# Written by \`npm run sandbox\`. A copy of this file is a good start for your own; see deckhand.example.yml.
channels:
  alerts: C0ALERTS
  digest: C0ALERTS
roles:
  viewer:
    groups: []
  operator:
    users: [U0REQUESTER]
    groups: [S0OPERATORS]
  approver:
    users: [U0APPROVER]
    groups: [S0APPROVERS]
approvals:
  restore: { approve: 1, role: approver, expires: 4h }
limits:
  poll: { min: ${quick(2_000, 40)}, max: ${quick(15_000, 200)} }
  snapshotGap: ${quick(15_000, 20)}
  visibilityGrace: ${quick(45_000, 1_500)}
aws: # two accounts and two Regions: try \`/fleet all --region us-west-2\` and \`/fleet all --account staging\`
  sourceIdentity: true
  accounts:
    - name: production
      id: '${sandboxAccounts.home}'
      regions: [us-east-1, us-west-2]
    - name: staging
      id: '${sandboxAccounts.staging}'
      role: ${sandboxAccounts.role.arn}
      externalId: ${sandboxAccounts.role.externalId}
      regions: [us-east-1]
health:
  cron: '*/3 * * * * *'
  confirm: 2
  recover: 2
digests:
  - name: daily
    at: '09:00'
  - name: prod-weekly
    every: week
    on: friday
    at: '16:00'
    channel: C0OPS
    select: env=prod
schedules:
  - name: nightly
    cron: '0 2 * * *'
    select: env=prod
    rpo: 26h
tags: # try \`/deck tags\`
  required:
    - name: billing
      selector: role=db
      keys: { env: { values: [prod, staging, dev] }, cost-center: { pattern: '^cc-[0-9]+$' } }
      propagate: [volumes, snapshots]
web:
  allowPrivate: [127.0.0.1]
  ports: [1024-65535]
${agents ? vantage(url) : ''}sites:
  - name: demo-shop
    url: ${url}/demo-site
    interval: 3s
    deadline: 2s
    contains: Deckhand demo shop
    slow: 800ms
    recheck: [500ms, 1s, 1s]
    recover: { every: 1s, checks: 3 }
    instance: web-1
    owner: platform team
${of.statusPage ? page : ''}`;
}

const page = `statusPage: # the sandbox shows it at /status
  enabled: true
  title: Demo shop status
  port: 0
  every: 5s
  sites:
    - { site: demo-shop, name: Web shop, description: Rope and cleats and brass hooks }
`;

function vantage(url: string): string {
  const lines = sandboxAgents.map(({ name, variable }) => `    - { name: ${name}, token: "\${env:${variable}}" }`);
  return `vantage: # two more places look before the demo shop is told as down
  port: 0
  wait: 2s
  agents:
${lines.join('\n')}
monitoring:
  blind: { canaries: [${url}/] } # the sandbox needs no internet
`;
}
