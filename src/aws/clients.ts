import type { EC2ClientConfig } from '@aws-sdk/client-ec2';

import { Refusal } from '#errors.ts';

/** Milliseconds. `connect` and `request` (until the reply begins) are the SDK's; `attempt` bounds the whole of one try. */
export type Timeouts = { connect: number; request: number; attempt: number; credentials: number };

/** Without them the SDK waits for ever. A full page of 500 instances takes AWS a few seconds at most. */
export const defaultTimeouts: Timeouts = { connect: 3_000, request: 10_000, attempt: 20_000, credentials: 15_000 };

export type ClientOptions = {
  /** Left out: the SDK's own chain (AWS_REGION, the profile). */
  region?: string | undefined;
  /** Left out: the SDK's own chain (environment, profile, SSO, web identity, task role, instance profile). */
  credentials?: EC2ClientConfig['credentials'];
};

/** A command of the SDK, as its clients take it: a step can be put into its way. */
export type Command = {
  readonly input: object;
  readonly middlewareStack: { addRelativeTo: (middleware: never, options: never) => void };
};

/** What all clients of the SDK have in common. */
type Client = {
  readonly config: {
    credentials: (options?: { forceRefresh?: boolean }) => Promise<{ accessKeyId: string }>;
    region: () => Promise<string>;
    useDualstackEndpoint: () => Promise<boolean>;
    useFipsEndpoint: () => Promise<boolean>;
    endpointProvider: (of: { Region: string; UseDualStack: boolean; UseFIPS: boolean }) => { url: URL };
  };
  send: (command: Command) => Promise<unknown>;
  destroy: () => void;
};

/** What a service's own file gives of the SDK: its client, under one name for all, and the commands in use. */
export type SdkModule = { Client: new (config: never) => unknown };

export type Clients<M> = {
  sdk: M;
  /** For reads, for calls with our token and for calls that may be repeated: the SDK tries up to three times. */
  repeatable: Client;
  /** For calls that AWS would do twice: a single attempt. */
  once: Client;
  region: string;
  /** Where calls go when no variable says otherwise. */
  awsUrl: string;
};

/**
 * Loads the SDK and builds both clients on one credential provider. `more` is what one service alone takes. Throws Refusal
 * "bad-input" when no Region is set.
 */
export async function loadClients<M extends SdkModule>(
  load: () => Promise<M>,
  options: ClientOptions,
  timeouts: Timeouts,
  more: object = {},
): Promise<Clients<M>> {
  const sdk = await load();
  // Each client's own type is far wider than what is used of it here.
  const Client = sdk.Client as unknown as new (config: object) => Client;
  const common = {
    ...more,
    ...(options.region === undefined ? {} : { region: options.region }),
    retryMode: 'standard',
    customUserAgent: 'deckhand',
    requestHandler: {
      connectionTimeout: timeouts.connect,
      requestTimeout: timeouts.request,
      // Without it a late reply is only logged.
      throwOnRequestTimeout: true,
      // Cuts a reply that stops in the middle.
      socketTimeout: timeouts.attempt,
    },
  };
  const repeatable = new Client({
    ...common,
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    maxAttempts: 3,
  });
  const once = new Client({ ...common, credentials: repeatable.config.credentials, maxAttempts: 1 });
  const region = await regionOf(repeatable);
  const { url } = repeatable.config.endpointProvider({
    Region: region,
    UseDualStack: await repeatable.config.useDualstackEndpoint(),
    UseFIPS: await repeatable.config.useFipsEndpoint(),
  });
  return { sdk, repeatable, once, region, awsUrl: url.href };
}

async function regionOf(client: Client): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new Refusal(
      'bad-input',
      'Deckhand does not know which AWS Region to work in. Set AWS_REGION, for example to us-east-1, or `aws.region` in deckhand.yml.',
      { awsCode: 'RegionMissing' },
      { cause: error },
    );
  }
}
