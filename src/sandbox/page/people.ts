import type { Workspace, WorkspacePerson } from './shapes.ts';

/** The three people one mostly is, in this order; everybody else stands in the menu below them. */
export const mainRoles = ['requester', 'approver', 'outsider'] as const;

/** The first person of a role. */
export function withRole(workspace: Workspace, role: string): WorkspacePerson | undefined {
  return workspace.people.find((person) => person.role === role);
}

/** One or two letters for a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? [words[0], words.at(-1)] : [words[0]])
    .map((word) => String.fromCodePoint((word ?? '').codePointAt(0) ?? 0x3f))
    .join('')
    .toUpperCase();
}

/** A number from 0 to 5 that stays the same for the same id: the colour of its picture. */
export function tone(id: string): number {
  return Array.from(id).reduce((sum, character) => (sum * 53 + (character.codePointAt(0) ?? 0)) % 9973, 7) % 6;
}
