import type { InstanceId } from '#ports/ids.ts';

/**
 * Something a person should know before they say yes; plain JSON. A blocker would make the work fail: it is refused before
 * anybody is asked. `kind` names the check; findings of one kind about many servers are one line (`title`) with a count.
 */
export type Finding = {
  level: 'blocker' | 'warning';
  kind: string;
  title: string;
  /** The server, volume, key or quota it is about: `web-1 (i-…)`. */
  about: string;
  text: string;
  /** What a person can do; '' when there is nothing. */
  next: string;
  /** The server that cannot be restored because of a blocker; absent = it concerns all of them. */
  server?: InstanceId;
};

export function blockersOf(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ level }) => level === 'blocker');
}

/** One sentence with its next move. */
export function sentence({ text, next }: Pick<Finding, 'text' | 'next'>): string {
  return next === '' ? text : `${text} ${next}`;
}
