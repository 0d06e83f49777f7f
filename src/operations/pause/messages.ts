import type { Section } from '#ports/text.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };
type Plan = { why: string };

const stops =
  'Remedies, snapshots and drills by the clock, and clean-ups are not begun until `resume`. What runs already comes to its end. What people ask for goes on as usual.';

export function pausing({ why }: Plan): Words {
  return words('Pause automatic work', [...because(why), stops]);
}

export function paused({ why }: Plan): Words {
  return words('Automatic work is paused', [...because(why), stops]);
}

function because(why: string): readonly string[] {
  return why === '' ? [] : [`Why: ${why}`];
}

function words(title: string, lines: readonly string[]): Words {
  return { title, summary: title, sections: [{ kind: 'text', lines }] };
}
