import type { Action } from './call.ts';
import { required } from './form.ts';
import { findOne } from './world.ts';

/** Leaves the snapshots of the image alone. */
export const deregisterImage: Action = {
  takes: ['ImageId', 'DryRun'],
  run: ({ world, form }) => {
    world.tables.image.remove(findOne(world, 'image', required(form, 'ImageId')).id);
    return { return: true };
  },
};
