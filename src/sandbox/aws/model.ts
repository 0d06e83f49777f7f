import { z } from 'zod';

// What is kept of the services beside EC2. Instants only; states are worked out from them when asked for, so that nothing
// waits for a timer and a new start goes on where the last one was.

const instant = z.number();

const Command = z.object({
  id: z.string(),
  instanceId: z.string(),
  comment: z.string(),
  document: z.string(),
  requestedAt: instant,
  /** Null: its agent was silent, so it is never delivered. */
  startsAt: instant.nullable(),
  deliverBy: instant,
  endsAt: instant,
  /** It took longer than it was allowed to. */
  timedOut: z.boolean(),
  exitCode: z.int(),
  output: z.string(),
  errors: z.string(),
  lines: z.array(z.string()),
});
export type Command = z.infer<typeof Command>;

/** What the next scripts with a certain text in them do, instead of ending well at once. */
const ScriptRule = z.object({
  match: z.string(),
  exitCode: z.int(),
  output: z.string(),
  errors: z.string(),
  seconds: z.number(),
  times: z.int(),
});
export type ScriptRule = z.infer<typeof ScriptRule>;

const Group = z.object({ min: z.int(), max: z.int(), suspended: z.array(z.string()) });
export type Group = z.infer<typeof Group>;

/** Where a member is that is not simply in service; `unhealthyAt`: it was declared so. */
const Member = z.object({
  standby: z.object({ since: instant }).optional(),
  returning: z.object({ since: instant }).optional(),
  unhealthyAt: instant.optional(),
});
export type Member = z.infer<typeof Member>;

const Deployment = z.object({ id: z.string(), createdAt: instant, endsAt: instant, fails: z.boolean() });
export type Deployment = z.infer<typeof Deployment>;

const ContainerService = z.object({
  cluster: z.string(),
  name: z.string(),
  desired: z.int(),
  /** Tasks that run; fewer than desired when it is broken. A deployment that succeeds brings all of them. */
  running: z.int(),
  /** Newest first. */
  deployments: z.array(Deployment),
});
export type ContainerService = z.infer<typeof ContainerService>;

export const keyStates = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable'] as const;
const Key = z.object({
  id: z.string(),
  alias: z.string(),
  manager: z.enum(['AWS', 'CUSTOMER']),
  state: z.enum(keyStates),
  changedAt: instant,
  /** Other accounts that its policy lets use it. */
  sharedWith: z.array(z.string()).default([]),
});
export type Key = z.infer<typeof Key>;

const StoredObject = z.object({ bucket: z.string(), key: z.string(), text: z.string(), modifiedAt: instant });

export const State = z.object({
  version: z.literal(1),
  made: z.int(),
  commands: z.array(Command),
  scripts: z.array(ScriptRule),
  /** Ids of servers whose SSM agent is silent. */
  silent: z.array(z.string()),
  groups: z.record(z.string(), Group),
  members: z.record(z.string(), Member),
  services: z.array(ContainerService),
  failDeployments: z.int(),
  keys: z.array(Key),
  objects: z.array(StoredObject),
  /** Ids of the policies of Data Lifecycle Manager. */
  policies: z.array(z.string()).default([]),
});
export type State = z.infer<typeof State>;

/** The key of the first fleet's encrypted volumes. */
export const volumeKeyId = '1c0ffee0-0000-4000-8000-00000000da7a';

/** The key that AWS manages for EBS, `alias/aws/ebs`. */
export const defaultKeyId = '2c0ffee0-0000-4000-8000-00000000aeb5';

export function firstState(now: number): State {
  return {
    version: 1,
    made: 0,
    commands: [],
    scripts: [],
    silent: [],
    groups: {},
    members: {},
    services: [
      {
        cluster: 'default',
        name: 'shop',
        desired: 2,
        running: 2,
        deployments: [{ id: 'ecs-svc/0000000000000000001', createdAt: now - 86_400_000, endsAt: now, fails: false }],
      },
    ],
    failDeployments: 0,
    keys: [
      {
        id: volumeKeyId,
        alias: 'alias/volumes',
        manager: 'CUSTOMER',
        state: 'Enabled',
        changedAt: now,
        sharedWith: [],
      },
      {
        id: defaultKeyId,
        alias: 'alias/aws/ebs',
        manager: 'AWS',
        state: 'Enabled',
        changedAt: now,
        sharedWith: [],
      },
    ],
    objects: [],
    policies: ['policy-0123456789abcdef0'],
  };
}
