import { groups, list } from './form.ts';
import type { Form } from './form.ts';
import type { Tags } from './model.ts';
import { invalid, missing, Problem } from './problems.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
const mostTags = 50;
const longestKey = 128;
const longestValue = 256;

/** The tags given at a creation for one type of resource. Throws before anything is made when they cannot be set. */
export function tagsAtCreation(form: Form, type: string, types: readonly string[] = [type]): Tags {
  const tags = new Map<string, string>();
  for (const specification of groups(form, 'TagSpecification')) {
    const named = specification.get('ResourceType') ?? '';
    if (!types.includes(named)) throw invalid(`'${named}' is not a valid taggable resource type for this operation.`);
    for (const [key, value] of readTags(specification)) if (named === type) tags.set(key, value);
  }
  return checkCount(tags);
}

/** `Tag.1.Key`, `Tag.1.Value`: checked, each key once. A missing value is an empty one. */
export function readTags(form: Form): Tags {
  const tags = new Map<string, string>();
  for (const tag of groups(form, 'Tag')) {
    const key = tag.get('Key') ?? '';
    const value = tag.get('Value') ?? '';
    checkKey(key);
    if (value.length > longestValue)
      throw invalid(`Tag value exceeds the maximum length of ${longestValue} characters`);
    if (tags.has(key)) throw invalid(`Duplicate tag key '${key}' specified.`);
    tags.set(key, value);
  }
  return tags;
}

export function checkKey(key: string): void {
  if (key === '') throw missing('Tag.1.Key');
  if (key.length > longestKey) throw invalid(`Tag key exceeds the maximum length of ${longestKey} characters`);
  if (key.toLowerCase().startsWith('aws:'))
    throw invalid("Tag keys starting with 'aws:' are reserved for internal use");
}

/** What AWS itself has set does not count. */
export function checkCount(tags: Tags): Tags {
  if ([...tags.keys()].filter((key) => !key.startsWith('aws:')).length > mostTags)
    throw new Problem('TagLimitExceeded', `The maximum number of ${mostTags} tags on a resource has been reached`);
  return tags;
}

/** Tags that a copy may take over. */
export function copied(tags: Tags): [string, string][] {
  return [...tags].filter(([key]) => !key.startsWith('aws:'));
}

/** Whether the request tags what it makes. */
export function tagsSomething(form: Form): boolean {
  return groups(form, 'TagSpecification').some((one) => one.size > 1 || list(one, 'Tag').length > 0);
}
