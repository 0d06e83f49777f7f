import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate with its key, as PEM, for servers that tests start. */
export type Certified = { cert: string; key: string };
export type Authority = Certified & { name: string; privateKey: KeyObject };

/** An authority of our own, valid for ten years; signed by itself unless another one does. */
export function anAuthority(name = 'Deckhand test authority', by?: Authority, toDays = 3_650): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    issuer: by?.name ?? name,
    subject: name,
    publicKey,
    signer: by?.privateKey ?? privateKey,
    ...around(0, toDays),
    authority: true,
  });
  return { cert, key: pemKey(privateKey), privateKey, name };
}

/** A server certificate; self-signed unless an authority signs it. Times are days from now. */
export function aCertificate(of: {
  subject?: string;
  dns?: readonly string[];
  ips?: readonly string[];
  by?: Authority;
  fromDays?: number;
  toDays?: number;
}): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    issuer: of.by === undefined ? 'Deckhand test server' : of.by.name,
    subject: of.subject ?? 'Deckhand test server',
    publicKey,
    signer: of.by?.privateKey ?? privateKey,
    ...around(of.fromDays ?? -1, of.toDays ?? 90),
    authority: false,
    names: [
      ...(of.dns ?? []).map((name) => der(0x82, Buffer.from(name, 'ascii'))),
      ...(of.ips ?? []).map((ip) => der(0x87, Buffer.from(ip.split('.').map(Number)))),
    ],
  });
  return { cert, key: pemKey(privateKey) };
}

type Contents = {
  issuer: string;
  subject: string;
  publicKey: KeyObject;
  signer: KeyObject;
  from: Date;
  to: Date;
  authority: boolean;
  names?: readonly Buffer[];
};

/** X.509 v3 by hand (RFC 5280), signed with ECDSA and SHA-256. */
function certificate(of: Contents): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const extensions = [
    ...(of.authority
      ? [sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), octets(sequence(der(0x01, Buffer.from([0xff])))))]
      : []),
    ...(of.names === undefined || of.names.length === 0
      ? []
      : [sequence(oid('551d11'), octets(sequence(...of.names)))]),
  ];
  const contents = sequence(
    der(0xa0, integer(2)),
    integer(Math.floor(Math.random() * 0x7fff_ffff) + 1),
    algorithm,
    name(of.issuer),
    sequence(time(of.from), time(of.to)),
    name(of.subject),
    of.publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', contents, of.signer)]));
  const body = sequence(contents, algorithm, signature)
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

function around(fromDays: number, toDays: number): { from: Date; to: Date } {
  const day = 86_400_000;
  return { from: new Date(Date.now() + fromDays * day), to: new Date(Date.now() + toDays * day) };
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** CN only. */
function name(text: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text, 'utf8')))));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(date.toISOString().replaceAll(/[-:T]|\.\d+/g, ''), 'ascii'));
}
