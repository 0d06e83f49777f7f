import { readFileSync } from 'node:fs';

import { afterEach, describe, expect, test } from 'vitest';

import { createAccounts } from '#sandbox/accounts/index.ts';
import { createAws } from '#sandbox/aws/index.ts';
import { createDocker } from '#sandbox/docker.ts';
import { deniable, faultWords, siteStates, troubles } from '#sandbox/page/troubles.ts';
import { createDemoSite } from '#sandbox/site.ts';
import { createSlack } from '#sandbox/slack/index.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The real parts of the sandbox, without a server. */
function parts() {
  const pace = { speed: 100, now: Date.now };
  const ec2 = createAccounts({ ...pace, instances: 24 });
  const aws = createAws({ ...pace, servers: ec2.servers });
  const docker = createDocker(pace);
  const slack = createSlack({ baseUrl: () => 'http://127.0.0.1:1/slack', now: Date.now, manifest: {} });
  ends.push(
    () => ec2.close(),
    () => aws.close(),
    () => docker.close(),
    () => slack.close(),
  );
  return {
    ec2: ec2.faults,
    aws: aws.faults,
    docker: docker.faults,
    slack: slack.faults,
    site: createDemoSite().set,
  };
}
type Part = keyof ReturnType<typeof parts>;

/** Applies `{ ec2, slack, … }` and gives what each part answered. */
function apply(faults: Readonly<Partial<Record<Part, unknown>>>) {
  const all = parts();
  return Object.entries(faults).map(([part, input]) => all[part as Part](input));
}

describe('what the "Break things" panel sends', () => {
  const sent: readonly (readonly [name: string, faults: object])[] = [
    ['impair', troubles.impair('web-1')],
    ['heal', troubles.heal('web-1')],
    ['fail the next snapshot', troubles.failSnapshot],
    ['fail the next root replacement', troubles.failRoot],
    ['stop the I/O of a volume', troubles.stopIo('web-1-data')],
    ['heal a volume', troubles.healVolume('web-1-data')],
    ['throttle', troubles.throttle],
    ['disconnect', troubles.disconnect],
    ['mend all', troubles.clear],
    ...deniable.map((action) => [`deny ${action}`, troubles.deny(action)] as const),
    ...siteStates.map(({ label, set }) => [`site ${label}`, { site: set }] as const),
  ];
  test.each(sent)('is understood by the parts: %s', (_name, faults) => {
    for (const answer of apply(faults)) expect(answer).toMatchObject({ status: 200 });
  });
});

test('what is broken in EC2 is told in words', () => {
  const [answer] = apply({
    ec2: {
      ...troubles.failSnapshot.ec2,
      ...troubles.failRoot.ec2,
      ...troubles.throttle.ec2,
      ...troubles.deny('CreateVolume').ec2,
    },
  });
  const { faults } = (answer?.body ?? {}) as { faults: readonly unknown[] };

  expect(faults.map(faultWords).toSorted()).toEqual([
    'Denied: ec2:CreateVolume',
    'Next 30 calls: RequestLimitExceeded',
    'Root replacements that will fail: 1',
    'Snapshots that will fail: 1',
  ]);
  expect(faultWords({ consistencyMs: 5 })).toBe('{"consistencyMs":5}');
});

describe('docs/sandbox.md', () => {
  const text = readFileSync('docs/sandbox.md', 'utf8');
  const sections = { slack: '**Slack**', ec2: '**EC2**', aws: '**AWS**', docker: '**Docker**' } as const;
  /** The examples of a part, from its heading to the next one. */
  const examples = (part: keyof typeof sections): string[] =>
    (text.split(`\n${sections[part]}`)[1]?.split('\n**')[0] ?? '')
      .split('\n')
      .filter((row) => row.startsWith('| `{'))
      .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\{.*?\})`/g)].map(([, json = '']) => json));

  const parted = Object.keys(sections) as (keyof typeof sections)[];
  test.each(parted.flatMap((part) => examples(part).map((json) => [part, json] as const)))(
    'shows a fault that %s understands: %s',
    (part, json) => {
      const [answer] = apply({ [part]: JSON.parse(json) as unknown });

      expect(answer).toMatchObject({ status: 200 });
    },
  );

  test.each(parted)('has examples for %s', (part) => {
    expect(examples(part).length).toBeGreaterThan(5);
  });
});
