/** The names in use of KMS's SDK, loaded on first use as in ec2-sdk.ts. */
export { DescribeKeyCommand, KMSClient as Client } from '@aws-sdk/client-kms';
