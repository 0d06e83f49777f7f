/** A call that Slack answers with `ok: false`. `more` is added to the answer. */
export class ApiRefusal extends Error {
  readonly code: string;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: string, more: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.name = 'ApiRefusal';
    this.code = code;
    this.more = more;
  }
}

/** `invalid_arguments` with Slack's way to say which. */
export function badArgument(message: string, pointer = ''): ApiRefusal {
  const text = pointer === '' ? message : `${message} [json-pointer:${pointer}]`;
  return new ApiRefusal('invalid_arguments', { response_metadata: { messages: [`[ERROR] ${text}`] } });
}
