export const roles = ['viewer', 'operator', 'approver'] as const;
export type Role = (typeof roles)[number];

/**
 * none: runs at once, plan shown on the card. confirm: the requester (or another operator) confirms. approve: `count`
 * distinct other people with `role` approve.
 */
export type ApprovalRule =
  | { kind: 'none' }
  | { kind: 'confirm'; expiresMs: number }
  | { kind: 'approve'; count: number; role: Role; expiresMs: number };
