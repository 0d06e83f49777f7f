/** As `ec2-sdk.ts`: loaded by a dynamic import, only where a role is to be assumed. */
export { AssumeRoleCommand, STSClient as Client } from '@aws-sdk/client-sts';
