import { type Meaning, refusal } from './meaning.ts';
import { meaningOfOthers } from './refusals-others.ts';
import type { ServicePrefix } from './services.ts';

/**
 * What an error code of AWS means for us: by service first, then by code, then by the shape of the code; undefined for a
 * code that is none of ours. Source of the codes:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export function meaningOf(service: ServicePrefix, awsCode: string, message: string): Meaning | undefined {
  const special = meaningOfOthers(service, awsCode, message);
  if (special !== undefined) return special;
  if (awsCode === 'InvalidParameterValue' && /already in use|is already attached/i.test(message))
    return meanings['DeviceTaken'];
  if (awsCode === 'InvalidParameterValue' && /pagination token|NextToken/i.test(message))
    return { kind: 'transient', next: 'Try again.' };
  // AWS documents no codes of their own for these.
  if (/snapshot\b.*\block/i.test(message) && !awsCode.endsWith('.NotFound')) return locked;
  if (/cannot be shared/i.test(message)) return unshareable;
  if (/initialization rate\b.*\b(?:quota|limit|exceed)/i.test(message)) return rateQuota;
  return meanings[awsCode] ?? shapes.find(([shape]) => shape.test(awsCode))?.[1];
}

const quota = 'Free some, or ask for more on the Service Quotas page of that service, then try again.';
const throttled: Meaning = { kind: 'transient', next: 'Try again in a minute.' };
const unsure: Meaning = { kind: 'unsure' };
const badInput = refusal('bad-input', 'Check the ids and values, then ask again.');
const state = refusal('conflict', 'Look at its state with the status command, wait until it settles, then ask again.');
const keys = refusal(
  'not-permitted',
  "Check the AWS keys or role given to Deckhand and the machine's clock, then try again.",
);
const expired = refusal(
  'not-permitted',
  "Renew the AWS credentials given to Deckhand, check the machine's clock, then try again.",
);
const locked = refusal('unsuitable', 'Wait until its lock ends, or ask whoever locked it to release it.');
const unshareable = refusal(
  'unsuitable',
  'Copy it with a KMS key of your own and share the copy; or use that key from the start.',
);
const rateQuota = refusal(
  'over-limit',
  'Wait until volumes made before are initialised, or ask for a lower rate or a larger quota (EBS, Service Quotas).',
);
const noCapacity: Meaning = {
  kind: 'transient',
  next: 'AWS has no capacity for it in that zone now. Try again in some minutes.',
};

const meanings: Readonly<Record<string, Meaning>> = {
  RequestLimitExceeded: throttled,
  EC2ThrottledException: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  Unavailable: unsure,
  ServiceUnavailable: unsure,
  InternalError: unsure,
  InternalFailure: unsure,
  InsufficientInstanceCapacity: noCapacity,
  InsufficientVolumeCapacity: noCapacity,
  SnapshotCreationPerVolumeRateExceeded: {
    kind: 'transient',
    next: 'AWS wants at least 15 seconds between snapshots of one volume. Try again after that.',
  },
  ConcurrentTagAccess: { kind: 'transient', next: 'Somebody else is changing the same tags. Try again.' },
  PendingSnapshotLimitExceeded: {
    kind: 'transient',
    next: 'Wait until some pending snapshots are completed, then try again.',
  },
  ConcurrentSnapshotLimitExceeded: refusal(
    'over-limit',
    'Wait for the pending snapshots of this volume and delete those in error, which count as well; then ask again.',
  ),
  ResourceCountExceeded: refusal('over-limit', quota),
  ResourceLimitExceeded: refusal('over-limit', quota),
  TagLimitExceeded: refusal('over-limit', 'A resource holds at most 50 tags: remove some, then ask again.'),
  AttachmentLimitExceeded: refusal(
    'over-limit',
    'The instance type takes no more volumes: detach one or use a larger type.',
  ),
  IncorrectState: state,
  IncorrectInstanceState: state,
  IncorrectModificationState: refusal(
    'conflict',
    'Wait until the running modification of the volume is over, then ask again.',
  ),
  VolumeModificationRateExceeded: refusal(
    'conflict',
    'Wait until AWS allows the next modification of the volume, then ask again.',
  ),
  VolumeInUse: refusal('conflict', 'Detach the volume first, or choose another one.'),
  DeviceTaken: refusal(
    'conflict',
    'Another volume is attached at that device: detach it first, or choose another device.',
  ),
  'InvalidSnapshot.InUse': refusal('conflict', 'Deregister the image first, then ask again; or keep the snapshot.'),
  'InvalidVolume.ZoneMismatch': refusal('bad-input', 'Use a volume in the Availability Zone of the instance.'),
  'InvalidZone.NotFound': badInput,
  'InvalidAttachment.NotFound': refusal(
    'conflict',
    'The volume is not attached there. Look at it with the status command.',
  ),
  MissingParameter: badInput,
  InvalidInstanceEventIDNotFound: refusal(
    'not-found',
    'The event is over or was replaced by another one. Look at the server again.',
  ),
  InvalidInstanceEventStartTime: refusal(
    'bad-input',
    'Use a time at least an hour from now and before the deadline of the event.',
  ),
  CustomerKeyHasBeenRevoked: refusal('unsuitable', 'Enable the KMS key and its grants, then ask again.'),
  OperationNotPermitted: refusal(
    'unsuitable',
    'Stop protection may be on, or it is the root volume of a running instance: change that in the AWS console first.',
  ),
  UnsupportedOperation: refusal(
    'unsuitable',
    'The resource is managed by an AWS service, or its type does not allow it; use that service.',
  ),
  IdempotentParameterMismatch: refusal(
    'conflict',
    'The same client token was used with other values, which is a fault in Deckhand. Ask again, and report it with the request id.',
  ),
  IdempotentInstanceTerminated: state,
  TagPolicyViolation: refusal('bad-input', "Use a value that the organization's tag policy allows."),
  UnauthorizedOperation: refusal(
    'not-permitted',
    "Ask an AWS administrator to allow it in the policy of Deckhand's role, then try again.",
  ),
  AccessDenied: refusal(
    'not-permitted',
    "Ask an AWS administrator to allow it in the policy of Deckhand's role, then try again.",
  ),
  AccessDeniedException: refusal(
    'not-permitted',
    "Ask an AWS administrator to allow it in the policy of Deckhand's role, then try again.",
  ),
  AuthFailure: keys,
  SignatureDoesNotMatch: keys,
  InvalidSignatureException: keys,
  InvalidClientTokenId: keys,
  UnrecognizedClientException: keys,
  InvalidAccessKeyId: keys,
  MissingAuthenticationToken: keys,
  OptInRequired: refusal('not-permitted', 'Enable this Region for the account, or choose another one in AWS_REGION.'),
  PendingVerification: refusal('not-permitted', 'AWS is still verifying the account for this Region. Try again later.'),
  Blocked: refusal('not-permitted', 'AWS has blocked the account: an administrator must contact AWS Support.'),
  RequestExpired: expired,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  InvalidAction: refusal('not-offered', 'Use an endpoint that offers it, or AWS itself.'),
  NotImplemented: refusal('not-offered', 'Use an endpoint that offers it, or AWS itself.'),
};

const shapes: readonly (readonly [RegExp, Meaning])[] = [
  [/\.NotFound$/, refusal('not-found', 'Check the id, the account and the Region.')],
  [/\.Malformed$|^InvalidParameter|^InvalidInput|^InvalidRequest|^Unknown ?Parameter/, badInput],
  [/LimitExceeded$|QuotaExceeded$/, refusal('over-limit', quota)],
  [/^Insufficient.*Capacity$/, noCapacity],
  [/KMS|Kms|CustomerKey/, refusal('unsuitable', 'Enable the KMS key and its grants, then ask again.')],
  [/^Incorrect.*State$/, state],
];
