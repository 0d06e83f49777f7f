/** The names in use of Systems Manager's SDK, loaded on first use as in ec2-sdk.ts. */
export {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient as Client,
} from '@aws-sdk/client-ssm';
