/**
 * The few kinds of "no" a person can act on. Anything else that is thrown is a fault: logged with the run id and told as
 * "Something broke". Recognise by field, never by class: an error that a durable engine stored and reloaded has lost its
 * class, while `name`, `code`, `message` and own fields survive.
 */
export const refusalCodes = [
  'bad-input', // the line or a value cannot be understood
  'not-found', // an id or selector names nothing
  'too-wide', // the selector names more than the limits allow
  'not-allowed', // policy says no to this person, here
  'not-permitted', // AWS says no to Deckhand's credentials
  'conflict', // another run works on it, or its state does not allow it
  'unsuitable', // the thing exists but cannot be used so (managed, in an Auto Scaling group, not completed, …)
  'over-limit', // an AWS quota or limit would be, or is, exceeded
  'nothing', // it is as wanted already, so there is nothing to do
  'changed', // what was approved is no longer what is there
  'not-here', // the chat channel cannot be used for it
  'not-offered', // the endpoint does not implement the call
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** An expected "no". `message` is shown to the person as it is and ends with the next move. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** Plain JSON a message may need, for example `{ action: 'ec2:CreateVolume', requestId: '…' }`. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: RefusalCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'Refusal';
    this.code = code;
    this.data = data;
  }
}

/**
 * A call of which nobody knows whether it took effect (time-out, reset, 5xx on a mutation). The caller must look before
 * it repeats.
 */
export class Ambiguous extends Error {
  readonly code = 'ambiguous';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Ambiguous';
  }
}

/** A failure worth trying again soon with the same arguments: throttling, a lost connection on a read, "not visible yet". */
export class Transient extends Error {
  readonly code = 'transient';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Transient';
  }
}

type Fields = { name?: unknown; code?: unknown; message?: unknown; data?: unknown };
type RefusalFields = { name: 'Refusal'; code: RefusalCode; message: string; data: Record<string, unknown> };

/** True for a Refusal, also one that was stored and reloaded. */
export function isRefusal(error: unknown): error is RefusalFields {
  return fieldsOf(error).name === 'Refusal';
}

/** True for an Ambiguous, also one that was stored and reloaded. */
export function isAmbiguous(error: unknown): boolean {
  return fieldsOf(error).code === 'ambiguous';
}

/** True for a Transient, also one that was stored and reloaded. */
export function isTransient(error: unknown): boolean {
  return fieldsOf(error).code === 'transient';
}

function fieldsOf(error: unknown): Fields {
  return typeof error === 'object' && error !== null ? error : {};
}
