import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { judgeAddress, refusalOf } from '#web/address.ts';

const judge = (address: string, allow: readonly string[] = []) => judgeAddress(address, 'shop.test', allow);

describe('the address of a site, before it is looked at', () => {
  it.each([
    ['http://169.254.169.254/latest', [], 'metadata'],
    ['http://169.254.169.254/', ['169.254.169.254'], 'metadata'],
    ['tcp://2852039166:80', [], 'metadata'],
    ['http://[::ffff:169.254.169.254]/', [], 'metadata'],
    ['http://10.0.0.5/', [], 'web.allowPrivate'],
    ['ping://10.0.0.5', [], 'web.allowPrivate'],
    ['tls://0x7f.1:443', [], 'web.allowPrivate'],
    ['https://[fd00::1]:8443/', [], 'web.allowPrivate'],
    ['http://localhost:3000/', [], 'web.allowPrivate'],
  ])('%s with %j allowed is refused at once, with the next move', (url, allowed, why) =>
    expect(refusalOf(url, allowed)).toContain(why),
  );

  it.each([
    ['http://10.0.0.5/', ['10.0.0.0/8']],
    ['http://localhost/', ['localhost']],
    ['https://93.184.215.14/', []],
    ['https://shop.example.com/', []],
    ['dns://10.0.0.5', []],
    ['nonsense', []],
  ])('%s with %j allowed is not', (url, allowed) => expect(refusalOf(url, allowed)).toBeUndefined());
});

describe('an address', () => {
  it.each(['8.8.8.8', '93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    'of the public Internet may be reached: %s',
    (address) => expect(judge(address)).toBe('allowed'),
  );

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '172.16.0.1',
    '192.0.0.8',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001:db8::1',
    '2002:0a00:0001::1',
    'fc00::1',
    'fec0::1',
    'ff02::1',
    'nonsense',
    '',
  ])('that is not public is refused: %s', (address) => expect(judge(address)).toBe('private'));

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.0.23',
    '100.100.100.200',
    '168.63.129.16',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fe80::1',
    '::ffff:169.254.169.254',
    '::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
  ])('of instance metadata is refused whatever settings say: %s', (address) => {
    expect(judge(address, ['0.0.0.0/0', '::/0', 'shop.test', address])).toBe('metadata');
  });

  it('may be allowed by network, by address and by the name of the host, not by anything else', () => {
    expect(judge('10.1.2.3', ['10.0.0.0/8'])).toBe('allowed');
    expect(judge('::ffff:10.1.2.3', ['10.0.0.0/8'])).toBe('allowed');
    expect(judge('10.1.2.3', ['10.1.2.3'])).toBe('allowed');
    expect(judge('10.1.2.3', ['Shop.Test'])).toBe('allowed');
    expect(judge('fd12::1', ['fd12::/16'])).toBe('allowed');
    expect(judge('10.1.2.3', ['10.1.2.4', '10.2.0.0/16', 'fd12::/16', 'test', 'xshop.test', ''])).toBe('private');
  });

  it('is never allowed when it is metadata, for any list of allowed networks', () => {
    const networks = fc.array(fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, bits]) => `${ip}/${bits}`));
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), networks, (a, b, allow) => {
        expect(judge(`169.254.${a}.${b}`, allow)).toBe('metadata');
      }),
    );
  });
});
