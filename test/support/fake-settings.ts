import type { Settings, SettingsSource } from '#ports/settings.ts';

/** Settings a test changes; what is not named is what an empty deckhand.yml means, with an alerts channel. */
export function createFakeSettings(
  change: Partial<Settings> = {},
): SettingsSource & { change: (change: Partial<Settings>) => void } {
  let current: Settings = {
    channels: { alerts: 'C0ALERTS', digest: undefined, commands: [] },
    roles: {
      viewer: { users: [], groups: [] },
      operator: { users: [], groups: [] },
      approver: { users: [], groups: [] },
    },
    approvals: {},
    limits: {
      resources: 50,
      deletions: 1_000,
      tags: 1_000,
      snapshotAttempts: 3,
      wait: { snapshotMs: 1, volumeMs: 1, stopMs: 1, startMs: 1, checksMs: 1 },
      poll: { minMs: 1, maxMs: 1 },
      visibilityGraceMs: 1,
      snapshotGapMs: 1,
      holdMs: 1,
      executeWithinMs: 1,
    },
    aws: {
      region: undefined,
      budgetShare: 0.7,
      home: undefined,
      sourceIdentity: false,
      accounts: [],
      buckets: {},
      quotas: { storageGiB: {} },
    },
    terraform: { state: [] },
    restore: { failures: '10%', atOnce: 500, fillingQuota: 5_000, serverMs: 180_000 },
    web: { allowPrivate: [], ports: [] },
    health: { cron: '* * * * *', timezone: 'UTC', confirm: 2, outOf: 3, recover: 2, tags: {}, enabled: true },
    digests: [
      {
        name: 'daily',
        cron: '0 9 * * *',
        timezone: 'UTC',
        channel: undefined,
        selector: 'all',
        accounts: [],
        regions: [],
        sections: ['health', 'backups', 'drills', 'tags', 'cost', 'events', 'chart'],
        catchUpMs: 43_200_000,
      },
    ],
    tags: { required: [], watch: { enabled: true, cron: '23 * * * *', timezone: 'UTC', channel: undefined } },
    retention: { prices: { snapshotGiBMonth: 0.05, archiveGiBMonth: 0.0125, volumeGiBMonth: 0.08 }, rules: [] },
    holds: { delete: 'offer', noticeMs: 86_400_000 },
    alerts: {
      reopenMs: 15 * 60_000,
      remindMs: [],
      escalate: { afterMs: 15 * 60_000, channel: undefined, group: undefined },
    },
    monitoring: {
      concurrency: { total: 300, perHost: 2 },
      blind: { sites: 5, share: 0.2, withinMs: 30_000, canaries: [] },
      group: { waitMs: 10_000, members: 3 },
      discoverTag: 'deckhand:url',
      heartbeat: undefined,
    },
    history: { hoursMs: 35 * 86_400_000, daysMs: 730 * 86_400_000 },
    siteReport: { cron: '0 9 * * 1', timezone: 'UTC', enabled: true },
    vantage: { confirm: 2, waitMs: 5_000, replicas: false, host: '127.0.0.1', port: 0, agents: [] },
    statusPage: {
      enabled: false,
      title: 'Status',
      host: '127.0.0.1',
      port: 3_080,
      timezone: 'UTC',
      support: undefined,
      everyMs: 30_000,
      incidentsMs: 14 * 86_400_000,
      maintenanceNames: false,
      sites: [],
    },
    maintenance: [],
    freeze: [],
    remediation: [],
    schedules: [],
    drills: [],
    sites: [],
    sitesDefaults: {},
    ...change,
  };
  const listeners: ((settings: Settings) => void)[] = [];
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    change: (more) => {
      current = { ...current, ...more };
      for (const listener of listeners) listener(current);
    },
  };
}
