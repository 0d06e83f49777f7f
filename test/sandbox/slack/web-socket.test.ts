import { describe, expect, test } from 'vitest';

import { createFrameReader, encodeFrame, opcodes } from '#sandbox/slack/web-socket-frames.ts';

/** A client's frame: masked. */
function masked(opcode: number, payload: Buffer | string, final = true): Buffer {
  const frame = encodeFrame(opcode, Buffer.from(payload));
  const header = frame.length - Buffer.from(payload).length;
  const mask = Buffer.from([1, 2, 3, 4]);
  const body = Buffer.from(payload).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  const head = Buffer.from(frame.subarray(0, header));
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, mask, body]);
}

function reading() {
  const seen: string[] = [];
  const read = createFrameReader({
    onMessage: (text) => void seen.push(text.length > 50 ? `text of ${text.length}` : `text ${text}`),
    onPing: (payload) => void seen.push(`ping ${payload.toString()}`),
    onPong: () => void seen.push('pong'),
    onClose: (payload) => void seen.push(`close ${payload.length === 0 ? '' : payload.readUInt16BE(0)}`),
    onBroken: (code) => void seen.push(`broken ${code}`),
  });
  return { seen, read };
}

describe('frames', () => {
  test.each([5, 125, 126, 65_535, 65_536, 200_000])('a text of %i bytes is read whole, however it is cut', (size) => {
    const { seen, read } = reading();
    const frame = masked(opcodes.text, 'x'.repeat(size));

    for (let at = 0; at < frame.length; at += Math.ceil(frame.length / 7))
      read(frame.subarray(at, at + Math.ceil(frame.length / 7)));

    expect(seen).toEqual([size > 50 ? `text of ${size}` : 'text xxxxx']);
  });

  test('fragments become one message, control frames may stand between them', () => {
    const { seen, read } = reading();
    const euro = Buffer.from('€');

    read(
      Buffer.concat([
        masked(opcodes.text, euro.subarray(0, 1), false),
        masked(opcodes.ping, 'p'),
        masked(opcodes.continuation, euro.subarray(1), false),
        masked(opcodes.pong, ''),
        masked(opcodes.continuation, '!'),
      ]),
    );

    expect(seen).toEqual(['ping p', 'pong', 'text €!']);
  });

  test.each<[string, Buffer, string]>([
    ['an unmasked frame', encodeFrame(opcodes.text, Buffer.from('x')), 'broken 1002'],
    ['a reserved bit', Buffer.concat([Buffer.from([0xc1]), masked(opcodes.text, 'x').subarray(1)]), 'broken 1002'],
    ['an unknown kind', masked(3, 'x'), 'broken 1002'],
    ['a fragmented ping', masked(opcodes.ping, 'x', false), 'broken 1002'],
    ['a ping of 126 bytes', masked(opcodes.ping, 'x'.repeat(126)), 'broken 1002'],
    ['a continuation of nothing', masked(opcodes.continuation, 'x'), 'broken 1002'],
    ['a binary message', masked(opcodes.binary, 'x'), 'broken 1003'],
    ['text that is no UTF-8', masked(opcodes.text, Buffer.from([0xff, 0xfe])), 'broken 1007'],
    ['a message of more than a megabyte', masked(opcodes.text, 'x'.repeat(1_000_001)).subarray(0, 14), 'broken 1009'],
  ])('%s breaks the connection', (_what, frame, expected) => {
    const { seen, read } = reading();

    read(frame);
    read(masked(opcodes.text, 'after'));

    expect(seen).toEqual([expected]);
  });

  test('a new message inside an open one breaks the connection', () => {
    const { seen, read } = reading();

    read(Buffer.concat([masked(opcodes.text, 'a', false), masked(opcodes.text, 'b')]));

    expect(seen).toEqual(['broken 1002']);
  });

  test('nothing is read after a close', () => {
    const { seen, read } = reading();

    read(Buffer.concat([masked(opcodes.close, Buffer.from([3, 232])), masked(opcodes.text, 'x')]));

    expect(seen).toEqual(['close 1000']);
  });
});
