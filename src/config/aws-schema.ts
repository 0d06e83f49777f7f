import { z } from 'zod';

import { buckets } from './buckets.ts';
import { flag, list, matching, region, section, text, whole } from './fields.ts';

/** A name under `aws.accounts`. */
export const accountName = matching(
  /^(?!all$)[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/,
  'Expected a short name of small letters, digits and dashes that begins with a letter, such as staging (at most 30; not `all`).',
);

/** IAM roles, of every AWS partition. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const roleArn = matching(
  /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/,
  'Expected the ARN of a role such as arn:aws:iam::123456789012:role/deckhand: AWS console > IAM > Roles > the role.',
);

const account = section({
  name: accountName.describe('Unique short name; what people type after `--account`'),
  id: matching(
    /^\d{12}$/,
    "Expected the 12 digits of the account id, in quotes: `'123456789012'`. AWS console > your name, top right.",
  ).describe('The id of the account, in quotes'),
  role: roleArn
    .optional()
    .describe('The role that Deckhand assumes there; unset = its own credentials are of this account'),
  externalId: text(1_224)
    .refine((value) => /^[\w+=,.@:/-]{2,}$/.test(value), {
      error: 'Expected 2 or more letters, digits and _ + = , . @ : / -, as in the condition of the trust policy.',
    })
    .optional()
    .describe("The `sts:ExternalId` that the role's trust policy asks for"),
  regions: list(region, 40)
    .min(1, { error: 'Expected at least one Region, such as `[us-east-1]`.' })
    .describe('The Regions to work in; the first is meant when none is named'),
  buckets: buckets.default({}).describe('API rate limits of this account; they go before `aws.buckets`'),
});
type Accounts = readonly z.output<typeof account>[];

export const aws = section({
  region: region.optional().describe('The Region that is meant when none is named; AWS_REGION goes before it'),
  budgetShare: z
    .number({ error: 'Expected a number from 0.05 to 1.' })
    .min(0.05, { error: 'Expected a number from 0.05 to 1.' })
    .max(1, { error: 'Expected a number from 0.05 to 1.' })
    .default(0.7)
    .describe("The part of AWS's API rate limits that Deckhand may use; other tools in the account need the rest"),
  buckets: buckets.default({}).describe("API rate limits that differ from AWS's defaults, by EC2 action; see below"),
  home: accountName
    .optional()
    .describe("The account that is meant when none is named; unset = the one of Deckhand's own credentials"),
  quotas: section({
    storageGiB: z
      .record(
        matching(
          /^(?:gp2|gp3|io1|io2|st1|sc1|standard)$/,
          'Expected a volume type: gp2, gp3, io1, io2, st1, sc1 or standard.',
        ),
        whole(1, 100_000_000),
        { error: 'Expected volume types and their GiB, one per line: `gp3: 51200`.' },
      )
      .default({})
      .describe(
        "Your quota of storage by volume type, in GiB: what would exceed it is refused. Unset = AWS's usual 50 TiB, and only a warning",
      ),
  }).prefault({}),
  sourceIdentity: flag()
    .default(false)
    .describe(
      "Name the person to AWS as the session's source identity; the trust policies must then allow sts:SetSourceIdentity",
    ),
  accounts: list(account, 200).default([]).describe('The accounts to work in, beside the one of the own credentials'),
}).superRefine(({ accounts, home }, context) => {
  for (const fault of [...faultsOf(accounts), ...homeless(accounts, home)])
    context.addIssue({ code: 'custom', path: [...fault.path], input: fault.value, message: fault.message });
});

type Fault = { path: readonly (string | number)[]; value: unknown; message: string };

function faultsOf(accounts: Accounts): Fault[] {
  return accounts.flatMap((one, at) => {
    const earlier = accounts.slice(0, at);
    const of = (field: keyof typeof one, message: string): Fault => ({
      path: ['accounts', at, field],
      value: one[field],
      message,
    });
    const owner = one.role?.split(':')[4];
    return [
      ...(earlier.some(({ name }) => name === one.name)
        ? [of('name', 'Expected another name: an account above has it.')]
        : []),
      ...(earlier.some(({ id }) => id === one.id)
        ? [of('id', 'Expected another id: an account above has it. Write all its Regions there.')]
        : []),
      ...(owner !== undefined && owner !== one.id
        ? [of('role', `Expected a role of the account ${one.id}; this one is of ${owner}.`)]
        : []),
      ...(one.role === undefined && earlier.some(({ role }) => role === undefined)
        ? [
            of(
              'role',
              'Expected the ARN of a role: an account above has none already, and the own credentials are of one account only.',
            ),
          ]
        : []),
      ...(one.role === undefined && one.externalId !== undefined
        ? [of('externalId', 'Expected a `role` beside it: an external id is for assuming one.')]
        : []),
    ];
  });
}

function homeless(accounts: Accounts, home: string | undefined): Fault[] {
  if (home === undefined || accounts.some(({ name }) => name === home)) return [];
  const names = accounts.map(({ name }) => name).join(', ');
  return [
    {
      path: ['home'],
      value: home,
      message: `Expected the name of an account under \`aws.accounts\`${names === '' ? ', where none stands' : `: ${names}`}.`,
    },
  ];
}
