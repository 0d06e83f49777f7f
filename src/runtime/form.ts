import { isRefusal } from '#errors.ts';
import { takePlace } from '#lib/places.ts';
import { readWords, type Words } from '#lib/words.ts';
import type { FormSubmission } from '#ports/chat.ts';
import type { SiteDesk } from '#ports/managed-sites.ts';

import type { Ask } from './ask.ts';
import { byName } from './find.ts';
import type { World } from './world.ts';

/** A submitted form becomes the line somebody could have typed; what that line says wrong stands at the form's field. */
export function createSubmit({ world, ask, desk }: { world: World; ask: Ask; desk: SiteDesk }) {
  return async function submit(form: FormSubmission): Promise<Readonly<Record<string, string>> | undefined> {
    const operation = byName(world, form.operation);
    let words: Words;
    try {
      words = readWords(operation.form?.line(form.values) ?? '', ['from', 'reason']);
      const args: unknown = operation.parse(takePlace(words).words);
      const wrong = await operation.form?.check?.(args, desk);
      if (wrong !== undefined && Object.keys(wrong).length > 0) return wrong;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { [operation.form?.fields[0]?.id ?? 'target']: error.message.replaceAll('`', '') };
    }
    // Opened on a card of ours it may be filled in there.
    const anywhere = form.incident !== undefined;
    void ask.ask({ ...form, anywhere, ask: { operation, words } }); // answers by itself, also when it fails
    return undefined;
  };
}
