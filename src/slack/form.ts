import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import { z } from 'zod';

import { utc } from '#lib/format.ts';
import type { Form, FormField } from '#ports/chat.ts';

import { clip, visible } from './literal.ts';
import { renderSections } from './render.ts';

/** Where the form was opened: context, not authority. */
export type FormContext = { operation: string; channel: string; incident?: string | undefined };
const FormContext = z.object({ operation: z.string(), channel: z.string(), incident: z.string().optional() });
export const formCallback = 'form';
export const suggestPrefix = 'suggest:';

/** A form as a modal. Source of the lengths: https://docs.slack.dev/reference/views/modal-views */
export function renderForm(form: Form, channel: string): ModalView {
  const intro: KnownBlock[] = form.intro === undefined ? [] : renderSections([{ kind: 'text', lines: [form.intro] }]);
  return {
    type: 'modal',
    callback_id: formCallback,
    title: plain(form.title, 24),
    submit: plain(form.submit, 24),
    close: plain('Cancel', 24),
    private_metadata: JSON.stringify({
      operation: form.operation,
      channel,
      incident: form.incident,
    } satisfies FormContext),
    blocks: [...intro, ...form.fields.map(fieldOf)],
  };
}

/** What `renderForm` wrote down. Throws when it is something else. */
export function readContext(privateMetadata: string): FormContext {
  return FormContext.parse(JSON.parse(privateMetadata));
}

/** What was typed and chosen, by field id. */
export function valuesOf(state: Readonly<Record<string, Readonly<Record<string, Held>>>>): Record<string, string> {
  const entries = Object.entries(state).map(([field, elements]) => {
    const element = Object.values(elements)[0];
    const at = element?.selected_date_time ?? undefined;
    const text = element?.selected_option?.value ?? element?.value ?? '';
    return [field, at === undefined ? text : utc(at * 1_000)] as const;
  });
  return Object.fromEntries(entries);
}
type Held = {
  value?: string | null;
  selected_option?: { value: string } | null;
  /** Seconds. Source: https://docs.slack.dev/reference/block-kit/block-elements/datetime-picker-element */
  selected_date_time?: number | null;
};

function fieldOf(field: FormField): KnownBlock {
  const hint = 'hint' in field && field.hint !== undefined ? { hint: plain(field.hint, 2_000) } : {};
  const optional = 'optional' in field && field.optional;
  return {
    type: 'input',
    block_id: field.id,
    label: plain(field.label, 2_000),
    optional,
    ...hint,
    element: elementOf(field),
  };
}

function elementOf(field: FormField) {
  switch (field.kind) {
    case 'text':
      return {
        type: 'plain_text_input' as const,
        action_id: field.id,
        max_length: 1_000,
        ...(field.initial === undefined ? {} : { initial_value: clip(visible(field.initial), 1_000) }),
        ...(field.placeholder === undefined ? {} : { placeholder: plain(field.placeholder, 150) }),
      };
    case 'search':
      return {
        type: 'external_select' as const,
        action_id: `${suggestPrefix}${field.of}`,
        min_query_length: 0,
        placeholder: plain('Type a part of the name or id', 150),
      };
    case 'time':
      return { type: 'datetimepicker' as const, action_id: field.id };
    case 'choice': {
      const options = field.options.map(option);
      const initial = options.find(({ value }) => value === field.initial);
      return {
        type: 'static_select' as const,
        action_id: field.id,
        options,
        ...(initial === undefined ? {} : { initial_option: initial }),
      };
    }
  }
}

/** An entry of a menu; both texts stay within 75 characters. */
export function option({ value, label }: { value: string; label: string }): PlainTextOption {
  return { value: value.slice(0, 75), text: plain(label, 75) };
}

function plain(text: string, most: number) {
  return { type: 'plain_text' as const, text: clip(visible(text).trim(), most) || '–', emoji: false };
}
