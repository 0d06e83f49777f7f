import { expect, test } from 'vitest';

import { loopbackUrl } from '#test/support/moto.ts';

test.each(['http://127.0.0.1:5000', 'http://127.0.0.1:5000/', 'http://localhost:1', 'http://[::1]:8080'])(
  'the contract tests run against %s',
  (url) => {
    expect(loopbackUrl(url)).toBe(new URL(url).origin);
  },
);

test.each([
  'https://ec2.us-east-1.amazonaws.com',
  'http://10.0.0.1:5000',
  'http://127.0.0.1.example.com:5000',
  'http://localhost.example.com',
  'http://127.0.0.1@example.com',
  '127.0.0.1:5000',
  '',
])('and refuse %j, which is not this machine', (url) => {
  expect(() => loopbackUrl(url)).toThrow('Unset MOTO_URL');
});
