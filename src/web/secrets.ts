import { Found } from './failures.ts';

/** A variable of the environment by its name. */
export type Secrets = (name: string) => string | undefined;

/** Puts the variables into the texts of one check, and takes them out of what is told about it. */
export function createFiller(secrets: Secrets) {
  const used = new Set<string>();

  /** Throws Found (`setup`) when a variable is not set. */
  function fill(text: string): string {
    if (!text.includes('${env:')) return text;
    return text.replaceAll(/\$\{env:(\w+)\}/g, (_reference, name: string) => {
      const value = secrets(name)?.trim() ?? '';
      if (value === '')
        throw new Found({
          class: 'setup',
          detail: `the variable ${name} is not set; set it in .env and restart Deckhand`,
        });
      used.add(value);
      return value;
    });
  }

  function conceal(text: string): string {
    let clean = text;
    for (const value of used)
      for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
        clean = clean.replaceAll(form, '[secret]');
    return clean;
  }

  return { fill, conceal };
}
