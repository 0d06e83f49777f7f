import type { Section } from '#ports/text.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function resuming(): Words {
  return words('Let automatic work go on');
}

export function resumed(): Words {
  return words('Automatic work goes on');
}

function words(title: string): Words {
  const lines = ['What deckhand.yml allows is begun again, from now on.'];
  return { title, summary: title, sections: [{ kind: 'text', lines }] };
}
