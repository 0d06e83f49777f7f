import { readFileSync } from 'node:fs';

import { afterEach, describe, expect, test } from 'vitest';

import { createEc2 } from '#sandbox/ec2/index.ts';
import { deniable, faultWords, siteStates, troubles } from '#sandbox/page/troubles.ts';
import { createDemoSite } from '#sandbox/site.ts';
import { createSlack } from '#sandbox/slack/index.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The real parts of the sandbox, without a server. */
function parts() {
  const ec2 = createEc2({ instances: 24, speed: 100, now: Date.now });
  const slack = createSlack({ baseUrl: () => 'http://127.0.0.1:1/slack', now: Date.now, manifest: {} });
  ends.push(
    () => ec2.close(),
    () => slack.close(),
  );
  return { ec2: ec2.faults, slack: slack.faults, site: createDemoSite().set };
}
type Part = keyof ReturnType<typeof parts>;

/** Applies `{ ec2, slack, site }` and gives what each part answered. */
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
  const [, slackTable = '', ec2Table = ''] = /\*\*Slack\*\*([\s\S]*)\*\*EC2\*\*([\s\S]*)/.exec(text) ?? [];
  const examples = (table: string): string[] =>
    table
      .split('\n')
      .filter((row) => row.startsWith('| `{'))
      .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\{.*?\})`/g)].map(([, json = '']) => json));

  test.each([
    ...examples(slackTable).map((json) => ['slack', json] as const),
    ...examples(ec2Table).map((json) => ['ec2', json] as const),
  ])('shows a fault that %s understands: %s', (part, json) => {
    const [answer] = apply({ [part]: JSON.parse(json) as unknown });

    expect(answer).toMatchObject({ status: 200 });
  });

  test('has examples for both parts', () => {
    expect(examples(slackTable).length).toBeGreaterThan(8);
    expect(examples(ec2Table).length).toBeGreaterThan(8);
  });
});
