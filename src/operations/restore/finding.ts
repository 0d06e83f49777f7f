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

/** One sentence with its next move. */
export function sentence({ text, next }: Pick<Finding, 'text' | 'next'>): string {
  return next === '' ? text : `${text} ${next}`;
}

/** One line of the card: what one server, or many, should make people think of. `text` is '' when it is about many. */
export type Warning = Pick<Finding, 'kind' | 'title' | 'text' | 'next'> & { about: readonly string[] };

/** The same warning of many servers is one; so a plan of 500 servers stays small. Pure. */
export function grouped(findings: readonly Finding[]): readonly Warning[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.kind);
    if (group === undefined) groups.set(finding.kind, [finding]);
    else group.push(finding);
  }
  return [...groups].map(([kind, group]) => {
    const [first] = group;
    const about = [...new Set(group.map((one) => one.about))];
    const text = about.length === 1 ? group.map((one) => one.text).join(' ') : '';
    return { kind, title: first!.title, text, next: first!.next, about };
  });
}
