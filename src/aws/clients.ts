import type { EC2Client, EC2ClientConfig } from '@aws-sdk/client-ec2';

import { Refusal } from '#errors.ts';

import type * as Ec2Sdk from './ec2-sdk.ts';

export type Sdk = typeof Ec2Sdk;

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

export type Clients = {
  sdk: Sdk;
  /** For reads, for calls with our token and for calls that may be repeated: the SDK tries up to three times. */
  repeatable: EC2Client;
  /** For calls that EC2 would do twice: a single attempt. */
  once: EC2Client;
  region: string;
  /** Where calls go when no variable says otherwise. */
  awsUrl: string;
};

/** Loads the SDK and builds both clients on one credential provider. Throws Refusal "bad-input" when no Region is set. */
export async function loadClients(options: ClientOptions, timeouts: Timeouts): Promise<Clients> {
  const sdk = await import('./ec2-sdk.ts');
  const common = {
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
  const repeatable = new sdk.EC2Client({
    ...common,
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    maxAttempts: 3,
  });
  const once = new sdk.EC2Client({ ...common, credentials: repeatable.config.credentials, maxAttempts: 1 });
  const region = await regionOf(repeatable);
  const { url } = repeatable.config.endpointProvider({
    Region: region,
    UseDualStack: await repeatable.config.useDualstackEndpoint(),
    UseFIPS: await repeatable.config.useFipsEndpoint(),
  });
  return { sdk, repeatable, once, region, awsUrl: url.href };
}

async function regionOf(client: EC2Client): Promise<string> {
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
