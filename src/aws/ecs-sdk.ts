/** The names in use of ECS's SDK, loaded on first use as in ec2-sdk.ts. */
export { DescribeServicesCommand, ECSClient as Client, UpdateServiceCommand } from '@aws-sdk/client-ecs';
