import type { Platform } from '#ports/platform.ts';

import { createBalancers } from './balancers.ts';
import { createContainerServices } from './container-services.ts';
import { createGroups } from './groups.ts';
import { createKeys } from './keys.ts';
import { createLifecycles } from './lifecycles.ts';
import { createObjects } from './objects.ts';
import { createScripts } from './scripts.ts';
import type { SenderOptions } from './sender.ts';

/**
 * The services beside EC2, of one account and Region, through the AWS SDK. Endpoints come from the SDK's own variables
 * (AWS_ENDPOINT_URL_SSM and so on, AWS_ENDPOINT_URL). Nothing is loaded or read before the first call to each.
 */
export function createAwsPlatform(options: SenderOptions): Omit<Platform, 'containers'> {
  const parts = {
    scripts: createScripts(options),
    groups: createGroups(options),
    services: createContainerServices(options),
    balancers: createBalancers(options),
    keys: createKeys(options),
    lifecycles: createLifecycles(options),
    objects: createObjects(options),
  };
  return {
    ...parts,
    close: () => {
      for (const part of Object.values(parts)) part.close();
    },
  };
}
