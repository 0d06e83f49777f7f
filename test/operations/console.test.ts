import { expect, it } from 'vitest';

import { links } from '#operations/console/operation.ts';

it.each([
  ['us-east-1', 'https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1#ConnectToInstance:instanceId=i-1'],
  [
    'us-gov-west-1',
    'https://us-gov-west-1.console.amazonaws-us-gov.com/ec2/home?region=us-gov-west-1#ConnectToInstance:instanceId=i-1',
  ],
  ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn/ec2/home?region=cn-north-1#ConnectToInstance:instanceId=i-1'],
])('the links of a server in %s lead into the console of its partition', (region, link) => {
  expect(links('i-1', region)[0]).toEqual({ link, label: 'Serial console' });
});
