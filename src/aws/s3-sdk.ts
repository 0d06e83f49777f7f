/** The names in use of S3's SDK, loaded on first use as in ec2-sdk.ts. */
export { GetObjectCommand, S3Client as Client } from '@aws-sdk/client-s3';
