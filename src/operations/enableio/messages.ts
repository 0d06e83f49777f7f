import { label } from '#lib/format.ts';
import type { Section } from '#ports/text.ts';

import type { EnablePlan } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned(plan: EnablePlan): Words {
  const what = label({ id: plan.volume, name: plan.name });
  return {
    title: `Enable I/O of ${what}`,
    summary: `Enable I/O of ${what}, whose data may be inconsistent`,
    sections: [
      {
        kind: 'text',
        lines: [
          `AWS has stopped this volume on purpose, since its data may be inconsistent.${plan.server === '' ? '' : ` It hangs on ${plan.server}.`}`,
          'Once I/O goes on, programs may read and spread damaged data. Take a snapshot first, stop what writes to it, and check the file system (fsck, chkdsk) right afterwards.',
          'It cannot be undone. A restore from the last good snapshot is the other way.',
        ],
      },
    ],
  };
}

export function done(plan: EnablePlan, { status }: { status: string }): Words {
  const what = label({ id: plan.volume, name: plan.name });
  return {
    title: `Enabled I/O of ${what}`,
    summary: `Enabled I/O of ${what}; its status is ${status}`,
    sections: [{ kind: 'text', lines: [`AWS says its I/O is enabled, status ${status}. Check its file system now.`] }],
  };
}
