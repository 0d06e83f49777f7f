import { count, duration, some } from '#lib/format.ts';
import { placeFlags } from '#lib/places.ts';
import type { Place } from '#ports/cloud.ts';
import type { Line, Section } from '#ports/text.ts';

import type { KeyTrouble } from './keys.ts';
import type { CopyPlan } from './plan.ts';
import type { CopyResult } from './story.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };
const shown = 10;

/** What is copied where, and what that costs. */
export function planned(plan: CopyPlan): Words {
  const { snapshots, from, shareWith, kmsKey, schedule } = plan;
  const what = count(snapshots.length, 'snapshot');
  const size = snapshots.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  return {
    title: `Copy ${what} to ${whereTo(plan)}`,
    summary: `Copy ${what} from ${from.region} to ${whereTo(plan)}`,
    sections: [
      { kind: 'list', items: clip(snapshots.map(({ name, sizeGiB }): Line => `${name} · ${sizeGiB} GiB`)) },
      {
        kind: 'text',
        lines: [
          `Copies of ${size} GiB of disks at most; AWS bills what they hold there, and the transfer between Regions.`,
          ...(shareWith === undefined
            ? []
            : [`While it is copied, account ${shareWith} may read each snapshot; no longer afterwards.`]),
          kmsKey === undefined
            ? 'Encrypted snapshots stay encrypted, under the default key of the destination.'
            : ['Encrypted there with ', { code: kmsKey }, '.'],
          ...(schedule === undefined
            ? []
            : [
                `Afterwards the copies of schedule ${schedule.name} there that are older than ${duration(schedule.retainMs)} are deleted; the newest of each disk stays.`,
              ]),
        ],
      },
    ],
  };
}

/** What exists there now, and what could not be copied. */
export function done(plan: CopyPlan, result: CopyResult): Words {
  const { copies, failed } = result;
  const bad = failed.length === 0 ? '' : `, ${failed.length} FAILED`;
  const what = `${count(copies.length, 'snapshot')} copied to ${whereTo(plan)}${bad}`;
  return {
    title: what,
    summary: what,
    sections: [
      { kind: 'list', items: clip(copies.map(({ of, id }): Line => [{ code: id }, ` of ${of}`])) },
      ...(failed.length === 0 ? [] : [{ kind: 'text', lines: failures(plan, result) } as const]),
    ],
  };
}

export function failures(_plan: CopyPlan, { failed }: CopyResult): readonly Line[] {
  return failed
    .slice(0, shown)
    .map(({ name, why }): Line => [{ bold: name }, `: ${why} Nothing of this copy was left behind.`]);
}

/** Why the keys forbid it, and the next move. */
export function keyWords(trouble: KeyTrouble, plan: CopyPlan, { places }: { places: readonly Place[] }): string {
  switch (trouble.kind) {
    case 'aws-managed':
      return `${trouble.snapshot} is encrypted with the key that AWS manages for EBS, and AWS lets no other account read such a snapshot. Copy it under a key of your own first: \`/deck copy ${trouble.snapshot}${flagsOf(plan, places)} --to ${plan.from.region} --key alias/…\`. Then let account ${plan.shareWith} use that key, and copy the copy.`;
    case 'not-allowed':
      return `${trouble.snapshot} is encrypted with ${trouble.key}, which account ${accountOf(plan)} may not use. In the policy of that key allow arn:aws:iam::${plan.shareWith}:root ${keyActions}; allow the role of Deckhand there the same. Then ask again.`;
    case 'not-enabled':
      return `The KMS key ${trouble.key} is ${trouble.state}, so nothing can be copied with it. ${trouble.state === 'PendingDeletion' ? 'Cancel its deletion and enable it' : 'Enable it'}, then ask again.`;
  }
}

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html */
const keyActions =
  'kms:DescribeKey, kms:Decrypt, kms:CreateGrant, kms:ReEncrypt* and kms:GenerateDataKeyWithoutPlaintext';

function accountOf({ to, shareWith = '' }: CopyPlan): string {
  return to.name === undefined ? shareWith : `${to.name} (${shareWith})`;
}

function flagsOf({ from }: CopyPlan, places: readonly Place[]): string {
  const place = places.find(({ account, region }) => account === from.account && region === from.region) ?? from;
  return placeFlags(place, places);
}

function whereTo({ to }: CopyPlan): string {
  return some([to.region, ...(to.name === undefined ? [] : [`account ${to.name}`])], 2);
}

function clip(lines: readonly Line[]): Line[] {
  const rest = lines.length - shown;
  return [...lines.slice(0, shown), ...(rest > 0 ? [`and ${rest} more`] : [])];
}
