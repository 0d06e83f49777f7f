import { badCombination, invalid, missing, Problem } from './problems.ts';

type Range = { least: number; most: number };
type Rules = { sizeGiB: Range; iops?: Range; throughput?: Range; defaults?: { iops: number; throughput: number } };

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
const types: Readonly<Record<string, Rules>> = {
  gp3: {
    sizeGiB: { least: 1, most: 65_536 },
    iops: { least: 3_000, most: 80_000 },
    throughput: { least: 125, most: 2_000 },
    defaults: { iops: 3_000, throughput: 125 },
  },
  gp2: { sizeGiB: { least: 1, most: 16_384 } },
  io1: { sizeGiB: { least: 4, most: 16_384 }, iops: { least: 100, most: 64_000 } },
  io2: { sizeGiB: { least: 4, most: 65_536 }, iops: { least: 100, most: 256_000 } },
  st1: { sizeGiB: { least: 125, most: 16_384 } },
  sc1: { sizeGiB: { least: 125, most: 16_384 } },
  standard: { sizeGiB: { least: 1, most: 1_024 } },
};

export type Looks = {
  type: string;
  sizeGiB: number;
  iops: number | undefined;
  throughput: number | undefined;
  multiAttach: boolean;
};

/** What a volume of that type gets, with the defaults. Throws what EC2 says to values the type does not take. */
export function performanceOf(looks: Looks): { iops?: number; throughput?: number } {
  const { type, sizeGiB, iops, throughput } = looks;
  const rules = types[type];
  if (rules === undefined)
    throw new Problem('UnknownVolumeType', `Unsupported volume type '${type}' for volume creation.`);
  within('size', sizeGiB, rules.sizeGiB, type);
  if (looks.multiAttach && type !== 'io1' && type !== 'io2')
    throw badCombination(`The parameter multiAttachEnabled is not supported for ${type} volumes.`);
  if (iops !== undefined && rules.iops === undefined)
    throw badCombination(`The parameter iops is not supported for ${type} volumes.`);
  if (throughput !== undefined && rules.throughput === undefined)
    throw badCombination(`The parameter throughput is not supported for ${type} volumes.`);
  const rate = iops ?? rules.defaults?.iops;
  if (rules.iops === undefined) return type === 'gp2' ? { iops: Math.min(16_000, Math.max(100, sizeGiB * 3)) } : {};
  if (rate === undefined) throw missing('iops');
  within('iops', rate, rules.iops, type);
  if (rules.throughput === undefined) return { iops: rate };
  const flow = throughput ?? rules.defaults?.throughput ?? rules.throughput.least;
  within('throughput', flow, rules.throughput, type);
  return { iops: rate, throughput: flow };
}

function within(what: string, value: number, { least, most }: Range, type: string): void {
  if (value < least || value > most)
    throw invalid(`Volume ${what} of ${value} is invalid for ${type}: it must be between ${least} and ${most}.`);
}
