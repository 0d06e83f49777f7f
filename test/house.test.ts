import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { generated, iamPolicy } from '#generate.ts';
import { takePlace } from '#lib/places.ts';
import { readWords } from '#lib/words.ts';
import { operations } from '#operations/index.ts';

describe('the house', () => {
  it('has one folder for each operation of the list and those below it, and no other', () => {
    const folders = readdirSync('src/operations', { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );

    const verbs = new Set(operations.map(({ name }) => name.replace(/-.*/, '')));
    expect(folders.toSorted()).toEqual([...verbs].toSorted());
    for (const folder of folders) expect(existsSync(`src/operations/${folder}/operation.ts`)).toBe(true);
  });

  it.each([...generated((path) => readFileSync(path, 'utf8'))])(
    '%s is what `npm run generate` makes',
    (path, content) => {
      expect(readFileSync(path, 'utf8')).toBe(content);
    },
  );

  it('grants what operations name of any service, once, reads apart from changes and buckets by name', () => {
    const policy = iamPolicy([
      { iam: ['ec2:DescribeInstances', 'ssm:SendCommand', 'ssm:GetCommandInvocation', 's3:GetObject'] },
      { iam: ['ec2:DescribeInstances', 'autoscaling:EnterStandby', 'ecs:UpdateService', 'kms:DescribeKey'] },
    ]);

    expect(policy.Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['ec2:DescribeInstances', 'kms:DescribeKey', 'ssm:GetCommandInvocation'], '*'],
      [['autoscaling:EnterStandby', 'ecs:UpdateService', 'ssm:SendCommand'], '*'],
      [['s3:GetObject'], 'arn:aws:s3:::YOUR-STATE-BUCKET/*'],
    ]);
  });

  it('gives every operation and every direct command a name of its own', () => {
    const names = operations.map(({ name }) => name);
    const commands = operations.flatMap(({ command }) => command ?? []);

    expect(new Set(names).size).toBe(names.length);
    expect(new Set(commands).size).toBe(commands.length);
    expect(names.every((name) => /^[a-z]+(-[a-z]+)?$/.test(name))).toBe(true);
  });

  it('has documents whose links all lead somewhere', () => {
    const pages = [
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
    ];
    const broken = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, target]) => join(dirname(page), target!))
        .filter((path) => !existsSync(path))
        .map((path) => `${page} → ${path}`),
    );

    expect(broken).toEqual([]);
  });

  it('has examples that every operation itself understands', () => {
    for (const operation of operations) {
      for (const example of operation.examples)
        expect(() => operation.parse(takePlace(readWords(example, ['from'])).words)).not.toThrow();
    }
  });
});
