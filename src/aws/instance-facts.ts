import { z } from 'zod';

import { isRefusal } from '#errors.ts';
import type { AttachmentLimit, Cloud, Zone } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';

import type { Send } from './caller.ts';
import { filtersFor } from './filters.ts';
import { type EveryPage, upTo } from './pages.ts';
import { given, instant, many, text } from './reading.ts';

type FactCalls = Pick<
  Cloud,
  'stopProtection' | 'terminationProtection' | 'attachmentLimits' | 'zones' | 'consoleOutput' | 'moveEvent'
>;

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html */
const mostTypes = 100;
/** AWS keeps no more than this either.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html */
const longestConsole = 64 * 1024;

const Flag = z.object({ Value: z.boolean().optional() }).optional();
const Attributes = z.object({ DisableApiStop: Flag, DisableApiTermination: Flag });

const TypeReply = z.object({
  InstanceType: z.string(),
  EbsInfo: z.object({ MaximumEbsAttachments: z.number().optional(), AttachmentLimitType: text }).optional(),
});
const TypesPage = z.object({ NextToken: text, InstanceTypes: many(TypeReply) });

const ZoneReply = z.object({ ZoneName: z.string(), ZoneId: text, State: text }).transform((reply): Zone => ({
  name: reply.ZoneName,
  ...given('id', reply.ZoneId),
  state: reply.State ?? 'available',
}));

const ConsoleReply = z.object({ Output: text, Timestamp: instant.optional() });

/** Facts about instances, their types and zones, and what AWS has planned for them. */
export function createFactCalls(send: Send, everyPage: EveryPage): FactCalls {
  async function attribute(id: InstanceId, name: 'disableApiStop' | 'disableApiTermination') {
    const input = { InstanceId: id, Attribute: name };
    return send(
      { action: 'DescribeInstanceAttribute', command: (sdk) => new sdk.DescribeInstanceAttributeCommand(input) },
      Attributes,
    );
  }

  const attachmentLimits: Cloud['attachmentLimits'] = async (types) => {
    // By filter: a type that this Region does not know hides no others then.
    const pages = await everyPage(filtersFor({ 'instance-type': types }), TypesPage, (page) => ({
      action: 'DescribeInstanceTypes',
      command: (sdk) => new sdk.DescribeInstanceTypesCommand(upTo(mostTypes, page)),
    }));
    return Object.fromEntries(
      pages
        .flatMap((page) => page.InstanceTypes)
        .flatMap(({ InstanceType, EbsInfo }): [string, AttachmentLimit][] =>
          EbsInfo?.MaximumEbsAttachments === undefined
            ? []
            : [
                [
                  InstanceType,
                  { most: EbsInfo.MaximumEbsAttachments, shared: EbsInfo.AttachmentLimitType !== 'dedicated' },
                ],
              ],
        ),
    );
  };

  const zones: Cloud['zones'] = async () => {
    const { AvailabilityZones } = await send(
      {
        action: 'DescribeAvailabilityZones',
        command: (sdk) => new sdk.DescribeAvailabilityZonesCommand({}),
      },
      z.object({ AvailabilityZones: many(ZoneReply) }),
    );
    return AvailabilityZones;
  };

  const moveEvent: Cloud['moveEvent'] = async ({ instanceId, eventId, notBefore }) => {
    const input = { InstanceId: instanceId, InstanceEventId: eventId, NotBefore: new Date(notBefore) };
    await send(
      {
        action: 'ModifyInstanceEventStartTime',
        command: (sdk) => new sdk.ModifyInstanceEventStartTimeCommand(input),
      },
      z.unknown(),
    );
  };

  return {
    stopProtection: async (id) => (await attribute(id, 'disableApiStop')).DisableApiStop?.Value ?? false,
    terminationProtection: async (id) =>
      (await attribute(id, 'disableApiTermination')).DisableApiTermination?.Value ?? false,
    attachmentLimits,
    zones,
    consoleOutput: (id) => consoleOutput(send, id),
    moveEvent,
  };
}

/** As it is now, which only machines on Nitro can tell; of others what was kept some time after the last start. */
async function consoleOutput(send: Send, id: InstanceId): Promise<{ text: string; at?: number }> {
  const ask = (more: { Latest?: true }) =>
    send(
      {
        action: 'GetConsoleOutput',
        command: (sdk) => new sdk.GetConsoleOutputCommand({ InstanceId: id, ...more }),
      },
      ConsoleReply,
    );
  const { Output = '', Timestamp } = await ask({ Latest: true }).catch((error: unknown) => {
    if (isRefusal(error) && error.data['awsCode'] === 'UnsupportedOperation') return ask({});
    throw error;
  });
  const bytes = Buffer.from(Output, 'base64');
  return { text: bytes.subarray(-longestConsole).toString(), ...given('at', Timestamp) };
}
