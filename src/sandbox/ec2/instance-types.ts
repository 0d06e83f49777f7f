import type { Action } from './call.ts';
import { listParameters } from './describe.ts';
import { readFilters } from './filters.ts';
import { list } from './form.ts';
import { pageOf } from './pages.ts';
import { Problem } from './problems.ts';

/** `shared`: network interfaces and instance stores count as well.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html */
type Limit = { most: number; kind: 'shared' | 'dedicated' };
const shared: Limit = { most: 28, kind: 'shared' };
const dedicated: Limit = { most: 32, kind: 'dedicated' };

const types: ReadonlyMap<string, Limit> = new Map([
  ['c6i.2xlarge', shared],
  ['c6i.large', shared],
  ['c7i.large', dedicated],
  ['m6i.large', shared],
  ['m6i.metal', shared],
  ['m7i.large', dedicated],
  ['r6i.large', shared],
  ['r6i.xlarge', shared],
  ['t3.large', shared],
  ['t3.micro', shared],
  ['t3.small', shared],
]);

/** Volumes that go on an instance with one network interface, the root included. */
export function mostVolumes(type: string): number {
  const { most, kind } = types.get(type) ?? shared;
  return kind === 'shared' ? most - 1 : most;
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html */
export const describeInstanceTypes: Action = {
  takes: [...listParameters, 'InstanceType'],
  run: (call) => {
    const asked = list(call.form, 'InstanceType');
    const unknown = asked.filter((type) => !types.has(type));
    if (unknown.length > 0)
      throw new Problem(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    const passes = readFilters<string>(call.form, { 'instance-type': (type) => [type] });
    const found = [...types.keys()].filter((type) => (asked.length === 0 || asked.includes(type)) && passes(type));
    const page = pageOf(found.toSorted(), String, call, { least: 5, most: 100, ids: 'InstanceType' });
    return {
      instanceTypeSet: page.items.map((type) => ({
        instanceType: type,
        bareMetal: type.endsWith('.metal'),
        hypervisor: 'nitro',
        ebsInfo: {
          ebsOptimizedSupport: 'default',
          nvmeSupport: 'required',
          maximumEbsAttachments: (types.get(type) ?? shared).most,
          attachmentLimitType: (types.get(type) ?? shared).kind,
        },
      })),
      nextToken: page.nextToken,
    };
  },
};
