/// <reference lib="dom" />

/** A stroke or a filled shape of a drawing on a 20 × 20 grid. */
type Shape = { path: string; fill?: string; stroke?: string; width?: number };

const line = (path: string, stroke = 'currentColor', width = 1.8): Shape => ({ path, stroke, width });
const area = (path: string, fill: string): Shape => ({ path, fill });
const disc = (fill: string): readonly Shape[] => [area('M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16z', fill)];
const tile = (fill: string): readonly Shape[] => [
  area(
    'M5 2.500h10A2.500 2.500 0 0 1 17.500 5v10a2.500 2.500 0 0 1-2.500 2.500H5A2.500 2.500 0 0 1 2.500 15V5A2.500 2.500 0 0 1 5 2.500z',
    fill,
  ),
];
const bell = area(
  'M10 2a5 5 0 0 0-5 5c0 4.500-1.500 5.500-2 7h14c-.500-1.500-2-2.500-2-7a5 5 0 0 0-5-5zM8 15.500a2 2 0 0 0 4 0z',
  '#e0a526',
);
const check = 'M5.500 10.500l3 3 6-7';
const white = '#fff';

/** Signs of the page itself, in the colour of the text around them. */
const signs = {
  home: [line('M3.500 9.500L10 4l6.500 5.500M5.500 8.500V16h9V8.500')],
  hash: [line('M8 4L6.500 16M13.500 4L12 16M4 8h12.500M3.500 12H16')],
  lock: [line('M5.500 9h9v7h-9zM7.500 9V6.500a2.500 2.500 0 0 1 5 0V9')],
  person: [line('M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4.500 16.500c.500-3 2.500-4.500 5.500-4.500s5 1.500 5.500 4.500')],
  close: [line('M5 5l10 10M15 5L5 15')],
  more: [area('M3.500 8.500h3v3h-3zM8.500 8.500h3v3h-3zM13.500 8.500h3v3h-3z', 'currentColor')],
  out: [line('M8 5H5v10h10v-3M11 4.500h4.500V9M15.500 4.500L9 11')],
  eye: [line('M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5zM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z')],
} satisfies Record<string, readonly Shape[]>;

/** Emoji drawn by hand: those that tell a state must look alike everywhere, also where no emoji font is installed. */
const drawn: Readonly<Record<string, readonly Shape[]>> = {
  red_circle: disc('#dd2e44'),
  large_red_circle: disc('#dd2e44'),
  large_orange_circle: disc('#f4900c'),
  large_yellow_circle: disc('#f2c335'),
  large_green_circle: disc('#2fa866'),
  large_blue_circle: disc('#3b88c3'),
  blue_circle: disc('#3b88c3'),
  large_purple_circle: disc('#9266cc'),
  white_circle: [...disc('#e6e8eb'), line('M10 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15z', '#9aa4af', 1)],
  black_circle: disc('#31373d'),
  large_red_square: tile('#dd2e44'),
  large_orange_square: tile('#f4900c'),
  large_yellow_square: tile('#f2c335'),
  large_green_square: tile('#2fa866'),
  large_blue_square: tile('#3b88c3'),
  white_large_square: [...tile('#e6e8eb'), line('M3 3h14v14H3z', '#9aa4af', 1)],
  white_square: [line('M4 4h12v12H4z', '#8792a0', 1.6)],
  white_check_mark: [...tile('#2fa866'), line(check, white, 2.4)],
  heavy_check_mark: [line(check, '#2fa866', 2.6)],
  ballot_box_with_check: [...tile('#3b88c3'), line(check, white, 2.4)],
  x: [line('M4.500 4.500l11 11M15.500 4.500l-11 11', '#dd2e44', 3)],
  heavy_multiplication_x: [line('M5 5l10 10M15 5L5 15', 'currentColor', 3)],
  warning: [area('M10 2.500L18.500 17.500h-17z', '#f2b632'), line('M10 8v4.500M10 15v.200', '#31373d', 2)],
  no_entry: [...disc('#dd2e44'), line('M5.500 10h9', white, 3)],
  no_entry_sign: [line('M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM5 5l10 10', '#dd2e44', 2.4)],
  octagonal_sign: [area('M7 2h6l5 5v6l-5 5H7l-5-5V7z', '#dd2e44')],
  information_source: [...tile('#3b88c3'), line('M10 9.500V14M10 6v.200', white, 2.2)],
  question: [line('M7 7a3 3 0 1 1 4.500 2.600c-1 .600-1.500 1.200-1.500 2.400M10 15.500v.200', '#dd2e44', 2.4)],
  hourglass: [
    area('M6 4h8c0 4-3 4.500-3 6s3 2 3 6H6c0-4 3-4.500 3-6S6 8 6 4z', '#f2c335'),
    line('M5 3h10M5 17h10', '#8a5a00', 2),
  ],
  hourglass_flowing_sand: [
    area('M6 4h8c0 4-3 4.500-3 6s3 2 3 6H6c0-4 3-4.500 3-6S6 8 6 4z', '#f2c335'),
    line('M5 3h10M5 17h10', '#8a5a00', 2),
  ],
  clock1: [...disc('#e6e8eb'), line('M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 5v5l2.5-3.500', '#5a6470', 1.6)],
  rotating_light: [
    area('M5 15V10a5 5 0 0 1 10 0v5z', '#dd2e44'),
    line('M3.500 17h13M10 1.500v1.500M3 4l1.200 1.200M17 4l-1.200 1.200', '#8792a0', 1.6),
  ],
  bell: [bell],
  no_bell: [bell, line('M3 3l14 14', '#dd2e44', 2.4)],
  lock: [area('M5 9h10v8H5z', '#f2b632'), line('M7 9V6.500a3 3 0 0 1 6 0V9', '#8792a0', 2)],
  arrows_counterclockwise: [
    line(
      'M4 8a6.500 6.500 0 0 1 11-2.500M15.500 2.500v3.500H12M16 12a6.500 6.500 0 0 1-11 2.500M4.500 17.500V14H8',
      '#3b88c3',
      2,
    ),
  ],
  leftwards_arrow_with_hook: [line('M8 4L4 8l4 4M4 8h8a4 4 0 0 1 0 8H9', '#3b88c3', 2.2)],
  double_vertical_bar: [...tile('#3b88c3'), line('M8 6.500v7M12 6.500v7', white, 2)],
  camera: [
    area('M2.500 6H6l1.500-2h5L14 6h3.500v10h-15z', '#66757f'),
    line('M10 13.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400z', white, 1.6),
  ],
  camera_with_flash: [
    area('M2.500 6H6l1.500-2h5L14 6h3.500v10h-15z', '#66757f'),
    line('M10 13.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400z', white, 1.6),
  ],
  label: [area('M2.500 10L10 2.500h7v7L9.500 17z', '#e0a526'), line('M14 6v.200', white, 2.4)],
};

/** A sign of the page; text readers pass over it. */
export function signView(name: keyof typeof signs): SVGElement {
  const picture = draw(signs[name], 'sign');
  picture.setAttribute('aria-hidden', 'true');
  return picture;
}

/** The drawing of an emoji, or undefined when it is left to the system's font. */
export function emojiDrawing(name: string): SVGElement | undefined {
  const shapes = Object.hasOwn(drawn, name) ? drawn[name] : undefined;
  if (shapes === undefined) return undefined;
  const picture = draw(shapes, 'emoji');
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', name.replaceAll('_', ' '));
  return picture;
}

const svg = 'http://www.w3.org/2000/svg';

function draw(shapes: readonly Shape[], name: string): SVGElement {
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('viewBox', '0 0 20 20');
  picture.setAttribute('class', name);
  for (const { path, fill = 'none', stroke, width } of shapes) {
    const shape = document.createElementNS(svg, 'path');
    shape.setAttribute('d', path);
    shape.setAttribute('fill', fill);
    if (stroke !== undefined) shape.setAttribute('stroke', stroke);
    if (width !== undefined) shape.setAttribute('stroke-width', String(width));
    shape.setAttribute('stroke-linecap', 'round');
    shape.setAttribute('stroke-linejoin', 'round');
    picture.appendChild(shape);
  }
  return picture;
}
