import { byIds } from './lists.ts';
import type { Tags } from './model.ts';
import type { State } from './state.ts';
import { Ec2Error, type Form, type Xml } from './wire.ts';

type Reply = { readonly [name: string]: Xml };

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
const mostTags = 50;

/** The tags a creating call asks for; refused whole, so that nothing is made without them. */
export function readTags(form: Form, resourceType: string): Tags {
  const specification = form.records('TagSpecification').find((one) => one['ResourceType'] === resourceType) ?? {};
  const tags: Tags = {};
  for (const [name, key] of Object.entries(specification)) {
    const match = /^Tag\.(\d+)\.Key$/.exec(name);
    if (match !== null) tags[key] = specification[`Tag.${match[1]}.Value`] ?? '';
  }
  check(tags);
  return tags;
}

/** Throws TagLimitExceeded or InvalidParameterValue, as AWS does. */
export function check(tags: Tags): void {
  const own = Object.keys(tags).filter((key) => !key.startsWith('aws:'));
  if (own.length > mostTags)
    throw new Ec2Error('TagLimitExceeded', `The maximum number of Tags for a resource has been reached.`);
  for (const [key, value] of Object.entries(tags)) {
    if (key.length > 128)
      throw new Ec2Error('InvalidParameterValue', 'Tag key exceeds the maximum length of 128 characters');
    if (value.length > 256)
      throw new Ec2Error('InvalidParameterValue', 'Tag value exceeds the maximum length of 256 characters');
  }
}

export function createTags(state: State, form: Form): Reply {
  const rows = resources(state, form.list('ResourceId'));
  const wanted = Object.fromEntries(form.records('Tag').map((tag) => [tag['Key'] ?? '', tag['Value'] ?? '']));
  const reserved = Object.keys(wanted).find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Value ( ${reserved} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
    );
  for (const row of rows) check({ ...row.tags, ...wanted });
  for (const row of rows) Object.assign(row.tags, wanted);
  return { return: true };
}

/** With a value a tag is deleted only when it has that value. */
export function deleteTags(state: State, form: Form): Reply {
  for (const row of resources(state, form.list('ResourceId'))) {
    for (const tag of form.records('Tag')) {
      const key = tag['Key'] ?? '';
      if (tag['Value'] === undefined || row.tags[key] === tag['Value']) delete row.tags[key];
    }
  }
  return { return: true };
}

function resources({ world }: State, ids: readonly string[]): { tags: Tags }[] {
  return ids.flatMap((id): { tags: Tags }[] => {
    if (id.startsWith('i-')) return byIds(world.instances, [id], 'Instance');
    if (id.startsWith('vol-')) return byIds(world.volumes, [id], 'Volume');
    if (id.startsWith('snap-')) return byIds(world.snapshots, [id], 'Snapshot');
    throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
  });
}
