import { html, type Html } from './html.ts';
import type { PublicState } from './model.ts';

/** One shape a state, so that colour is not needed to tell them apart. In a box of 20. */
const shapes: Readonly<Record<PublicState, string>> = {
  operational:
    'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm4.6 6.9-5.4 6a1 1 0 0 1-1.4.1L5.2 11.5a1 1 0 1 1 1.3-1.5l1.8 1.6 4.8-5.2a1 1 0 0 1 1.5 1.5Z',
  degraded:
    'M10 1.5a1.5 1.5 0 0 0-1.3.8l-7.5 14A1.5 1.5 0 0 0 2.5 18.5h15a1.5 1.5 0 0 0 1.3-2.2l-7.5-14A1.5 1.5 0 0 0 10 1.5ZM9 7h2v6H9V7Zm0 7.5h2v2H9v-2Z',
  down: 'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm4.2 11.8-1.4 1.4L10 11.4l-2.8 2.8-1.4-1.4L8.6 10 5.8 7.2l1.4-1.4L10 8.6l2.8-2.8 1.4 1.4L11.4 10l2.8 2.8Z',
  maintenance:
    'M17.8 5.2 14.9 8.1 12 7.9l-.2-2.9 2.9-2.9a5.5 5.5 0 0 0-7 6.7l-6.1 6.1a2.4 2.4 0 0 0 3.4 3.4l6.1-6.1a5.5 5.5 0 0 0 6.7-7Z',
  unknown:
    'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm-1 12.5h2v2H9v-2Zm2-1.5H9c0-3 2.5-2.7 2.5-4.5 0-.9-.6-1.4-1.5-1.4s-1.5.6-1.5 1.6h-2C6.5 5.7 8 4.3 10 4.3s3.5 1.2 3.5 3.1C13.5 10 11 10 11 12Z',
};

/** Drawn once in a page, then named. */
export const sprite: Html = html`<svg class="hidden" aria-hidden="true" focusable="false">
  ${Object.entries(shapes).map(
    ([state, d]) => html`<symbol id="s-${state}" viewBox="0 0 20 20"><path fill-rule="evenodd" d="${d}" /></symbol>`,
  )}
</svg>`;

export function sign(state: PublicState): Html {
  return html`<svg class="sign" aria-hidden="true" focusable="false"><use href="#s-${state}" /></svg>`;
}

const colours: Readonly<Record<PublicState, string>> = {
  operational: '#2fa866',
  degraded: '#d99a12',
  down: '#d6353b',
  maintenance: '#2a61c0',
  unknown: '#647184',
};

/** What the tab of a browser shows. */
export function icon(state: PublicState): string {
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">
    <path fill="${colours[state]}" fill-rule="evenodd" d="${shapes[state]}" />
  </svg>`.markup;
}
