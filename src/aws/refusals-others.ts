import { type Meaning, refusal } from './meaning.ts';
import type { ServicePrefix } from './services.ts';

// What the codes of the services beside EC2 mean where they say something that EC2's do not. Source of each list: the page
// "Errors" of the call in the service's API reference, https://docs.aws.amazon.com/SERVICE/latest/APIReference/

type Meanings = Readonly<Record<string, Meaning>>;

/** Auto Scaling says nearly everything by ValidationError, so its words decide. Undefined: nothing special. */
export function meaningOfOthers(service: ServicePrefix, awsCode: string, message: string): Meaning | undefined {
  if (service === 'autoscaling' && awsCode === 'ValidationError')
    return validation.find(([words]) => words.test(message))?.[1] ?? groupState;
  const known = byService[service];
  // The SDK puts a word of its own behind some codes.
  return known?.[awsCode] ?? known?.[awsCode.replace(/(?:Exception|Fault)$/, '')];
}

const again: Meaning = { kind: 'transient', next: 'Try again in a minute.' };
const unsure: Meaning = { kind: 'unsure' };
const names = refusal('not-found', 'Check the name, the account and the Region.');
const values = refusal('bad-input', 'Check the names and values, then ask again.');

const groupState = refusal('conflict', 'Look at the group and its members in the AWS console, then ask again.');
const validation: readonly (readonly [RegExp, Meaning])[] = [
  [/not found|does not exist|unable to locate/i, refusal('not-found', 'Check the name of the group and the Region.')],
  [/not part of/i, refusal('not-found', 'Check which group the instance is in: it may have been replaced.')],
  [
    /min-?size|minimum size|sizes appropriately/i,
    refusal('conflict', "Lower the group's minimum size first, or add a member, then ask again."),
  ],
];

const byService: Readonly<Partial<Record<ServicePrefix, Meanings>>> = {
  ssm: {
    InvalidInstanceId: refusal(
      'unsuitable',
      'Systems Manager does not reach that server: it must run, with SSM Agent and an instance profile that allows it.',
    ),
    InvocationDoesNotExist: {
      kind: 'transient',
      next: 'Systems Manager may not show it yet: try again in a minute. After 30 days it is forgotten.',
    },
    InvalidCommandId: refusal('not-found', 'Check the id of the command and the Region.'),
    InvalidDocument: refusal('not-found', 'Check the name of the document and the Region.'),
    UnsupportedPlatformType: refusal('unsuitable', 'Use the document that fits the operating system of the server.'),
    MaxDocumentSizeExceeded: refusal('over-limit', 'Shorten the script, for example by calling a file on the server.'),
    InvalidParameters: values,
    DuplicateInstanceId: values,
    InternalServerError: unsure,
  },
  autoscaling: {
    ScalingActivityInProgress: refusal('conflict', 'Wait until the scaling activity is over, then ask again.'),
    ResourceContention: { kind: 'transient', next: 'Something else changes the group. Try again in a minute.' },
  },
  ecs: {
    ClusterNotFoundException: names,
    ServiceNotFoundException: names,
    ServiceNotActiveException: refusal('conflict', 'The service was deleted: create it again, then ask again.'),
    InvalidParameterException: values,
    ClientException: values,
    PlatformTaskDefinitionIncompatibilityException: refusal('unsuitable', 'Correct the task definition first.'),
    ServerException: unsure,
  },
  elasticloadbalancing: {
    LoadBalancerNotFound: names,
    ListenerNotFound: names,
    TargetGroupNotFound: names,
    RuleNotFound: names,
    ValidationError: values,
  },
  kms: {
    NotFoundException: refusal('not-found', 'Check the key, the account and the Region.'),
    InvalidArnException: values,
    DependencyTimeoutException: again,
    KMSInternalException: unsure,
  },
  s3: {
    NoSuchBucket: refusal('not-found', 'Check the name of the bucket.'),
    NoSuchKey: refusal('not-found', 'Check the key of the object: upper and lower case count.'),
    NoSuchVersion: refusal('not-found', 'Check the version of the object.'),
    PermanentRedirect: refusal('bad-input', 'The bucket is in another Region: name that Region.'),
    AuthorizationHeaderMalformed: refusal('bad-input', 'The bucket is in another Region: name that Region.'),
    InvalidObjectState: refusal('unsuitable', 'The object is archived: restore it in S3 first.'),
    SlowDown: again,
  },
};
