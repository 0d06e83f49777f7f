import { createHash } from 'node:crypto';

import type { Remedy } from '#ports/incidents.ts';

/** What the button of a remedy carries, so that a press means what was pressed, whatever the card shows by then. */
export function markOf({ operation, line }: Remedy): string {
  return createHash('sha256').update(`${operation} ${line}`).digest('base64url').slice(0, 16);
}
