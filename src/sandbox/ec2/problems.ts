import { type Kind, prefixes } from './model.ts';

/** What EC2 answers instead of doing the work. Source of the codes:
 *  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = statusOf(code)) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.status = status;
  }
}

/** The HTTP status that comes with a code; 400 for all others. */
export function statusOf(code: string): number {
  return statuses[code] ?? 400;
}

const statuses: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  UnauthorizedOperation: 403,
  DryRunOperation: 412,
  RequestEntityTooLarge: 413,
  InternalError: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientVolumeCapacity: 500,
  NotImplemented: 501,
  RequestLimitExceeded: 503,
  EC2ThrottledException: 503,
  Unavailable: 503,
  ServiceUnavailable: 503,
};

export function missing(parameter: string): Problem {
  return new Problem('MissingParameter', `The request must contain the parameter ${parameter}`);
}

export function invalid(message: string): Problem {
  return new Problem('InvalidParameterValue', message);
}

export function badCombination(message: string): Problem {
  return new Problem('InvalidParameterCombination', message);
}

export function incorrectState(message: string): Problem {
  return new Problem('IncorrectState', message);
}

export function managed(id: string, operator: string): Problem {
  return new Problem('UnsupportedOperation', `The resource ${id} is managed by ${operator}; use that service instead.`);
}

const codeWords: Readonly<Record<Kind, string>> = {
  instance: 'InvalidInstanceID',
  volume: 'InvalidVolume',
  snapshot: 'InvalidSnapshot',
  image: 'InvalidAMIID',
  template: 'InvalidLaunchTemplateId',
  rootTask: 'InvalidReplaceRootVolumeTaskID',
};

export function notFound(kind: Kind, ids: readonly string[]): Problem {
  const list = ids.join(', ');
  const many = ids.length > 1;
  const words: Readonly<Record<Kind, string>> = {
    instance: many ? `The instance IDs '${list}' do not exist` : `The instance ID '${list}' does not exist`,
    volume: many ? `The volumes '${list}' do not exist.` : `The volume '${list}' does not exist.`,
    snapshot: many ? `The snapshots '${list}' do not exist.` : `The snapshot '${list}' does not exist.`,
    template: `The launch template IDs '${list}' do not exist.`,
    rootTask: `The replace root volume task IDs '${list}' do not exist.`,
    image: many ? `The image ids '[${list}]' do not exist` : `The image id '[${list}]' does not exist`,
  };
  return new Problem(`${codeWords[kind]}.NotFound`, words[kind]);
}

export function malformed(kind: Kind, id: string): Problem {
  const word = kind === 'volume' || kind === 'snapshot' ? `${codeWords[kind]}ID` : codeWords[kind];
  return new Problem(`${word}.Malformed`, `Invalid id: "${id}" (expecting "${prefixes[kind]}-...")`);
}
