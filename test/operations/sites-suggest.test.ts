import { expect, it } from 'vitest';

import { suggest } from '#operations/sites/suggest.ts';

const group = (arn: string, path: string) => ({
  arn,
  name: arn,
  protocol: 'HTTP',
  port: 80,
  targets: 'instance',
  balancers: [],
  healthCheck: { protocol: 'HTTP', port: '80', path },
});
const found = (more: object = {}) => ({
  where: 'home',
  balancers: [
    {
      balancer: {
        arn: 'b',
        name: 'front',
        hostname: 'front-1.elb.amazonaws.com',
        kind: 'application',
        internal: false,
        state: 'active',
      },
      listeners: [
        { arn: 'l80', protocol: 'HTTP', port: 80, routes: [{ hosts: [], paths: [], targetGroups: ['web'] }] },
        {
          arn: 'l443',
          protocol: 'HTTPS',
          port: 443,
          routes: [
            { hosts: ['shop.example.com', '*.example.com'], paths: [], targetGroups: ['web'] },
            { hosts: ['shop.example.com'], paths: ['/api/*'], targetGroups: ['api'] },
            { hosts: [], paths: [], targetGroups: ['web'] },
          ],
        },
      ],
    },
  ],
  groups: [group('web', '/health'), group('api', '/api/ok')],
  instances: [],
  ...more,
});

it('suggests exact host names over https with the path of their health check', () => {
  expect(suggest([found()], [], 'deckhand:url').map(({ line }) => line)).toEqual([
    '/deck sites add shop-example-com https://shop.example.com/health --load-balancer front',
    '/deck sites add shop-example-com-api-ok https://shop.example.com/api/ok --load-balancer front',
  ]);
});

it('takes addresses from the tag, refuses other schemes, and leaves out what is watched', () => {
  const tags = { 'deckhand:url': 'https://a.example.com, javascript:alert(1) https://b.example.com/x' };
  const instances = [{ id: 'i-0123456789abcdef0' as const, name: 'web-1', tags }];
  const known = [{ name: 'b', url: 'https://b.example.com/x/' }] as never;

  const lines = suggest([found({ balancers: [], instances })], known, 'deckhand:url').map(({ line }) => line);

  expect(lines).toEqual(['/deck sites add a-example-com https://a.example.com --instance i-0123456789abcdef0']);
});
