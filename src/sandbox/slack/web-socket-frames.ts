/** Source: https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Largest message that is read, in bytes. */
const largestMessage = 1_000_000;

/** A whole, unmasked frame, as a server sends it. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const first = 0x80 | opcode;
  if (payload.length < 126) return Buffer.concat([Buffer.from([first, payload.length]), payload]);
  const header = Buffer.alloc(payload.length < 65_536 ? 4 : 10);
  header[0] = first;
  if (payload.length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(payload.length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([header, payload]);
}

type Frame = { final: boolean; opcode: number; payload: Buffer };
type Handlers = {
  onMessage: (text: string) => void;
  onPing: (payload: Buffer) => void;
  onPong: () => void;
  onClose: (payload: Buffer) => void;
  /** 1002 protocol error, 1003 not text, 1007 not UTF-8, 1009 too big. Nothing is read after it. */
  onBroken: (code: number) => void;
};

/** Reads what a client sends, in whatever pieces it comes: masks, fragments, 16 and 64 bit lengths. */
export function createFrameReader(handlers: Handlers): (data: Buffer) => void {
  let waiting = Buffer.alloc(0);
  let parts: Buffer[] | undefined;
  let broken = false;

  function fail(code: number): void {
    broken = true;
    handlers.onBroken(code);
  }
  function take({ final, opcode, payload }: Frame): void {
    if (opcode === opcodes.ping) return handlers.onPing(payload);
    if (opcode === opcodes.pong) return handlers.onPong();
    if (opcode === opcodes.close) {
      broken = true;
      return handlers.onClose(payload);
    }
    if (opcode === opcodes.binary) return fail(1003);
    if ((opcode === opcodes.text) === (parts !== undefined)) return fail(1002);
    parts = [...(parts ?? []), payload];
    if (parts.reduce((sum, { length }) => sum + length, 0) > largestMessage) return fail(1009);
    if (!final) return;
    const text = utf8(Buffer.concat(parts));
    parts = undefined;
    if (text === undefined) return fail(1007);
    handlers.onMessage(text);
  }

  return (data) => {
    waiting = Buffer.concat([waiting, data]);
    while (!broken) {
      const next = cut(waiting);
      if (next === undefined) return;
      if (typeof next === 'number') return fail(next);
      waiting = waiting.subarray(next.size);
      take(next);
    }
  };
}

const control = (opcode: number): boolean => opcode >= 8;
const known: ReadonlySet<number> = new Set<number>(Object.values(opcodes));

/** The first frame of the buffer; undefined while it is not whole; a number when it is broken. */
function cut(buffer: Buffer): (Frame & { size: number }) | number | undefined {
  const [first, second] = [buffer[0], buffer[1]];
  if (first === undefined || second === undefined) return undefined;
  const opcode = first & 15;
  const final = (first & 0x80) !== 0;
  const short = second & 127;
  if ((first & 0x70) !== 0 || !known.has(opcode) || (second & 0x80) === 0) return 1002;
  if (control(opcode) && (!final || short > 125)) return 1002;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + 4;
  if (buffer.length < 2 + lengthBytes) return undefined;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
  if (length > largestMessage) return 1009;
  if (buffer.length < start + length) return undefined;
  const mask = buffer.subarray(start - 4, start);
  const payload = Buffer.from(buffer.subarray(start, start + length));
  for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return { final, opcode, payload, size: start + length };
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
