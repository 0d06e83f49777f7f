import { count, label, some } from '#lib/format.ts';
import { type Coverage, type Fault, percent } from '#lib/tag-coverage.ts';
import type { Report } from '#ports/incidents.ts';

const shownFaults = 8;

/** More is not in order than was known. `before`: how many servers and disks that were. Pure. */
export function drifted({ rule, things, faults, keys }: Coverage, before: number): Report {
  const faulty = things.all - things.good;
  const worst = keys.toSorted((a, b) => a.good - b.good)[0];
  return {
    severity: 'warning',
    title: `Required tags · ${rule.name}`,
    alert: `${count(faulty, 'server or disk', 'servers and disks')} without the tags of rule ${rule.name}, ${before} before`,
    facts: [
      ['In order', `${percent(things)} % of ${count(things.all, 'server and disk', 'servers and disks')}`],
      ['By tag', keys.map((one) => `${one.key} ${percent(one)} %`).join(', ')],
      ['Not in order', some(faults.map(faultWords), shownFaults)],
    ],
    detail: [
      [
        'See all with ',
        { code: `/deck tags ${rule.name}` },
        '; fill what is missing with ',
        { code: `/tag --rule ${rule.name} ${worst?.key ?? 'owner'}=…` },
        ...(rule.propagate.length === 0 ? [] : [' or ', { code: `/tag --rule ${rule.name} --propagate` }]),
        '.',
        ...(faults.some(({ what }) => what === 'differs')
          ? [
              ' Disks that differ from their server get its value with ',
              { code: `/tag --rule ${rule.name} --propagate --replace` },
              '.',
            ]
          : []),
      ],
      'It ends by itself once no more than before are left; "Mark as done" makes this the new normal.',
    ],
    remedies: [],
    closable: true,
  };
}

/** undefined: the rule is gone. */
export function recovered(coverage: Coverage | undefined): Report {
  return {
    severity: 'info',
    title: coverage === undefined ? 'Required tags' : `Required tags · ${coverage.rule.name}`,
    alert:
      coverage === undefined
        ? 'This tag rule is no longer in the settings'
        : `Tag rule ${coverage.rule.name} is kept as before`,
    facts: coverage === undefined ? [] : [['In order', `${percent(coverage.things)} %`]],
    detail: [],
    remedies: [],
  };
}

function faultWords(fault: Fault): string {
  const words = {
    missing: 'missing',
    'not allowed': 'has a value that is not allowed',
    differs: 'differs from that of its server',
  };
  return `${label(fault)}: ${fault.key} ${words[fault.what]}`;
}
