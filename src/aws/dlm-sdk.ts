/** The names in use of Data Lifecycle Manager's SDK, loaded on first use as in ec2-sdk.ts. */
export { DLMClient as Client, GetLifecyclePoliciesCommand } from '@aws-sdk/client-dlm';
