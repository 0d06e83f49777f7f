import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import type { Chart, Pictures } from '#ports/pictures.ts';

import { barsSvg } from './bars.ts';
import { linesSvg } from './lines.ts';
import { updownSvg } from './updown.ts';
import { altOf } from './words.ts';

/** Charts as PNG. The renderer and its font are loaded by the first one. */
export function createPictures(): Pictures {
  return {
    draw: async (chart) => {
      renderer ??= load().catch((error: unknown) => {
        renderer = undefined;
        throw error;
      });
      const render = await renderer;
      return { bytes: render(svgOf(chart)), alt: altOf(chart) };
    },
  };
}

/** The chart as SVG. Pure. */
export function svgOf(chart: Chart): string {
  switch (chart.kind) {
    case 'lines':
      return linesSvg(chart);
    case 'updown':
      return updownSvg(chart);
    case 'bars':
      return barsSvg(chart);
  }
}

/** One a process: the renderer's module can be started only once. */
let renderer: Promise<(svg: string) => Uint8Array> | undefined;

/** Twice the density of CSS pixels, as good screens have it. */
const density = 2;

async function load(): Promise<(svg: string) => Uint8Array> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  const [wasm, font] = await Promise.all([
    readFile(wasmPath()),
    readFile(new URL('./DejaVuSans.ttf', import.meta.url)),
  ]);
  await initWasm(wasm);
  return (svg) => {
    const resvg = new Resvg(svg, {
      fitTo: { mode: 'zoom', value: density },
      font: { fontBuffers: [font], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
    });
    const image = resvg.render();
    try {
      return image.asPng();
    } finally {
      image.free();
      resvg.free();
    }
  };
}

/** In the container image beside the bundle, else in the package. */
function wasmPath(): URL {
  const beside = new URL('./index_bg.wasm', import.meta.url);
  return existsSync(beside) ? beside : new URL(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'));
}
