import { describe, expect, test } from 'vitest';

import { commandOf, complete } from '#sandbox/page/completion.ts';
import { ec2Dump, workspace } from '#test/sandbox/fake-parts.ts';

const { commands } = workspace;
const labels = (line: string) => complete(line, commands, ec2Dump).map(({ label }) => label);
/** The line after taking the first completion. */
const taken = (line: string) => {
  const [first] = complete(line, commands, ec2Dump);
  return first === undefined ? undefined : line.slice(0, first.from) + first.insert;
};

describe('completion', () => {
  test('offers every command for a slash, with its usage', () => {
    expect(labels('/')).toEqual([
      '/deck help | runs | audit',
      '/fleet [selector]',
      '/restore <volume or instance> [--from snap-…|latest]',
      '/snapshot <selector>',
      '/tag <selector> key=value … -key',
    ]);
  });

  test.each([
    ['/re', '/restore '],
    ['/RES', '/restore '],
    ['/shot', '/snapshot '],
    ['/snapshot db', '/snapshot db-1 '],
    ['/restore vol-0b', '/restore vol-0bbbbbbbbbbbbbbb1 '],
    ['/restore db-1 --f', '/restore db-1 --from '],
    ['/restore db-1 --from snap', '/restore db-1 --from snap-0ccccccccccccccc1 '],
    ['/fleet i-0aaaaaaaaaaaaaaa3', undefined],
    ['/fleet ', undefined],
    ['/nothing', undefined],
    ['hello web', undefined],
    ['', undefined],
  ])('%j goes on as %j', (line, whole) => {
    expect(taken(line)).toBe(whole);
  });

  test('never offers more than fits', () => {
    const instances = Array.from({ length: 1_000 }, (_none, at) => ({
      id: `i-${String(at).padStart(17, '0')}`,
      name: `web-${at}`,
      state: 'running',
    }));

    expect(complete('/fleet web', commands, { instances, volumes: [], snapshots: [] })).toHaveLength(8);
  });

  test('knows the command of a line', () => {
    expect(commandOf('/tag db-1', commands)?.usage_hint).toContain('key=value');
    expect(commandOf('/tagged', commands)).toBeUndefined();
  });
});
