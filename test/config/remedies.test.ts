import { describe, expect, it } from 'vitest';

import { inspectSettings } from '#config/parse-settings.ts';

const site = (remedies: string, more = '') => `channels: { alerts: C012ALERTS }
docker:
  - { name: local, socket: /var/run/docker.sock }
scripts:
  - { name: again, lines: [systemctl restart shop] }
sites:
  - name: shop
    url: https://shop.example.com/
${more}    remedies:
${remedies}
`;
const read = (text: string) => inspectSettings(text, 'deckhand.yml');

describe('the remedies of a site', () => {
  it('stand with the gentlest first, and nothing is automatic unless it says so', () => {
    const { settings } = read(
      site(
        '      - server: reboot\n      - unit: nginx\n      - { container: shop, on: local, auto: { approval: none } }',
        '    instance: web-1\n',
      ),
    );

    expect(settings?.sites[0]?.remedies).toMatchObject([
      {
        key: 'container:shop',
        engine: { address: 'unix:///var/run/docker.sock' },
        auto: {
          afterMs: 120_000,
          perIncident: 1,
          perDay: 3,
          coolDownMs: 1_800_000,
          approval: { kind: 'none' },
        },
      },
      { key: 'unit:nginx', lines: ['systemctl restart nginx'], auto: undefined },
      { key: 'server:reboot', operation: 'restart', auto: undefined },
    ]);
  });

  it('by the server are ordered too: a reboot, a stop and a start, then a restore', () => {
    const { settings } = read(
      site('      - server: restore\n      - server: migrate\n      - server: reboot', '    instance: web-1\n'),
    );

    expect(settings?.sites[0]?.remedies).toMatchObject([
      { key: 'server:reboot', operation: 'restart' },
      { key: 'server:migrate', operation: 'migrate' },
      { key: 'server:restore', operation: 'restore' },
    ]);
  });

  it('that are automatic and say nothing of approval wait for a person', () => {
    const { settings } = read(site('      - { container: shop, on: local, auto: {} }'));

    expect(settings?.sites[0]?.remedies?.[0]?.auto?.approval.kind).toBe('confirm');
  });

  it.each([
    ['an unknown engine', '      - { container: shop, on: other }', /an engine under `docker`/],
    ['an unknown script', '      - script: other', /a script of `scripts`/],
    ['a script without a server', '      - script: again', /an `instance` of the site/],
    ['a unit that is more than a name', '      - unit: "nginx; reboot"', /name of a systemd unit/],
    ['a unit that is an option', '      - unit: --now', /name of a systemd unit/],
    ['two kinds at once', '      - { container: shop, on: local, server: reboot }', /exactly one/],
    ['the same twice', '      - { container: shop, on: local }\n      - { container: shop, on: local }', /once/],
    ['a restore that nobody approves', '      - { server: restore, auto: { approval: none } }', /another person/],
  ])('refuse %s', (_what, remedies, expected) => {
    const { problems } = read(site(remedies));

    expect(problems.map(({ next }) => next).join(' ')).toMatch(expected);
  });
});

describe('what is done to servers without being asked', () => {
  const rules = (...list: string[]) => read(`remediation:\n${list.map((one) => `  - { ${one} }\n`).join('')}`);
  it('is nothing unless a rule says so, and waits for a person unless that says so too', () => {
    expect(read('channels: {}').settings?.remediation).toEqual([]);
    expect(rules('name: web, select: role=web, remedy: reboot').settings?.remediation).toEqual([
      {
        name: 'web',
        selector: 'role=web',
        remedy: 'reboot',
        auto: {
          afterMs: 120_000,
          perIncident: 1,
          perDay: 3,
          coolDownMs: 1_800_000,
          approval: { kind: 'confirm', expiresMs: 1_800_000 },
        },
      },
    ]);
  });

  it('may be kept to windows', () => {
    const window = 'window: { cron: "0 2 * * *", duration: 3h }';
    const { settings } = rules(`name: night, select: all, remedy: event, approval: none, ${window}`);
    expect(settings?.remediation[0]?.auto).toMatchObject({
      approval: { kind: 'none' },
      window: { kind: 'cron', name: 'night', cron: '0 2 * * *', durationMs: 10_800_000, timezone: 'UTC' },
    });
  });

  it.each([
    ['an unknown remedy', ['name: a, select: all, remedy: terminate'], /one of start, reboot/],
    ['a restore that nobody approves', ['name: a, select: all, remedy: restore'], /another person/],
    ['a replacement that nobody approves', ['name: a, select: all, remedy: replace, approval: none'], /another person/],
    ['a bad selector', ['name: a, select: "=x", remedy: reboot'], /tag key before/],
    ['the same name twice', Array(2).fill('name: a, select: all, remedy: reboot'), /name of its own/],
  ])('refuses %s', (_what, list, expected) => {
    expect(
      rules(...(list as string[]))
        .problems.map(({ next }) => next)
        .join(),
    ).toMatch(expected);
  });
});
