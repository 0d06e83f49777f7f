import type { WorkflowStatus } from '@dbos-inc/dbos-sdk';

import type { EngineState } from '#ports/engine.ts';

import { isMismatch } from './errors.ts';

/** A DBOS status in our words. */
export function stateOf({ status, error }: Pick<WorkflowStatus, 'status' | 'error'>): EngineState {
  switch (status) {
    case 'SUCCESS':
      return 'done';
    case 'ERROR':
      return isMismatch(error) ? 'lost' : 'failed';
    // Nothing of ours cancels; somebody did by hand.
    case 'CANCELLED':
    case 'MAX_RECOVERY_ATTEMPTS_EXCEEDED':
      return 'lost';
    default:
      return 'running';
  }
}

/** What to tell about a run that is not as it should be. */
export function troubleOf({ status, error }: Pick<WorkflowStatus, 'status' | 'error'>): string {
  if (status === 'CANCELLED') return 'it was cancelled in the database';
  if (status === 'MAX_RECOVERY_ATTEMPTS_EXCEEDED') return 'it was taken up too often without finishing';
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : 'it failed';
}
