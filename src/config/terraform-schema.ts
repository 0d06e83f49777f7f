import { list, matching, section } from './fields.ts';

/** A bucket and a key, or an absolute path: the working folder of a service is no place that people think of.
 *  Source of the names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const state = matching(
  /^(?:s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s?#]{1,1024}|\/\S.{0,4094})$/,
  'Expected `s3://bucket/key` or an absolute path such as /srv/terraform/terraform.tfstate.',
);

export const terraform = section({
  state: list(state, 50)
    .default([])
    .describe('State files to read, so that plans say what Terraform would do: `s3://bucket/key` or absolute paths'),
});
