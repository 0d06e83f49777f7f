import type { z } from 'zod';

/** A control call that cannot be done. `message` ends with the next move. */
export class ControlRefusal extends Error {
  readonly status: number;

  constructor(status: 400 | 404 | 409 | 502 | 504, message: string) {
    super(message);
    this.name = 'ControlRefusal';
    this.status = status;
  }
}

/** Reads the input of a control call. Throws ControlRefusal 400 that names the field and shows an example. */
export function readInput<T extends z.ZodType>(schema: T, input: unknown, example: string): z.infer<T> {
  const read = schema.safeParse(input);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new ControlRefusal(400, `${where}${issue?.message ?? 'cannot be read'}. Send for example ${example}.`);
}
