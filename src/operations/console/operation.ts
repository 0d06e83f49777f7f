import { z } from 'zod';

import { label } from '#lib/format.ts';
import type { Selector } from '#lib/selector.ts';
import { findServer, readServers } from '#lib/servers.ts';
import { defineAnswer } from '#operations/contract.ts';
import type { Section } from '#ports/text.ts';

type ConsoleArgs = { selector: Selector };
const example = '/deck console web-1';
/** What of the end of it a message holds. */
const mostCharacters = 2_500;

export const consoleOperation = defineAnswer<ConsoleArgs>({
  kind: 'answer',
  name: 'console',
  command: undefined,
  summary: 'The end of what a server wrote to its console, and the way to its serial console',
  usage: '<server>',
  examples: ['web-1', 'i-0123456789abcdef0'],
  role: 'operator',
  iam: ['ec2:DescribeInstances', 'ec2:GetConsoleOutput'],
  args: z.custom<ConsoleArgs>((value) => typeof value === 'object' && value !== null && 'selector' in value),
  parse: (words) => ({ selector: readServers(words, { example }) }),
  async answer({ cloud, place }, { selector }) {
    const server = await findServer(cloud, selector, example);
    const { text, at } = await cloud.consoleOutput(server.id);
    const end = printable(text).slice(-mostCharacters);
    const name = label(server);
    const sections: Section[] =
      end === ''
        ? [{ kind: 'text', lines: ['It has written nothing yet. Some types tell it only a while after the start.'] }]
        : [
            { kind: 'code', text: end },
            {
              kind: 'note',
              line: [
                `The last ${end.length} of ${text.length} characters`,
                ...(at === undefined ? ['.'] : [', as of ', { at, style: 'datetime' } as const, '.']),
              ],
            },
          ];
    return {
      alert: `Console of ${name}`,
      title: `Console of ${name}`,
      sections: [...sections, { kind: 'text', lines: [links(server.id, place.region)] }],
    };
  },
});

/** Escape sequences and control characters mean nothing in a message. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what is taken out
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

/**
 * EC2's own pages: its serial console, and the page with its screenshot under Monitor and troubleshoot. GovCloud and China
 * have consoles of their own.
 * Source: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html
 */
export function links(id: string, region: string) {
  const domain = region.startsWith('us-gov-')
    ? 'console.amazonaws-us-gov.com'
    : region.startsWith('cn-')
      ? 'console.amazonaws.cn'
      : 'console.aws.amazon.com';
  const base = `https://${region}.${domain}/ec2/home?region=${region}`;
  return [
    { link: `${base}#ConnectToInstance:instanceId=${id}`, label: 'Serial console' },
    ' · ',
    { link: `${base}#InstanceDetails:instanceId=${id}`, label: 'Screenshot (Actions → Monitor and troubleshoot)' },
  ];
}
