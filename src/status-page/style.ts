import { createHash } from 'node:crypto';

import type { Html } from './html.ts';

/**
 * The one style sheet of the page, inside it, so that a page is one answer. Text has a contrast of at least 4.5, signs of
 * 3 (WCAG 2.2, 1.4.3 and 1.4.11), in light and dark; states differ in shape and words too.
 */
const style = `
:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#17202b;--soft:#566374;--line:#e1e6ec;--link:#0b5cad;
--operational:#187a46;--degraded:#9a6100;--down:#c1272d;--maintenance:#2a61c0;--unknown:#647184;
--bar-whole:#2fa866;--bar-part:#d99a12;--bar-down:#d6353b;--bar-none:#cfd6de}
@media(prefers-color-scheme:dark){:root{--page:#0f151c;--card:#18212b;--ink:#e9eef4;--soft:#a3b1c1;--line:#2a3643;--link:#82bbff;
--operational:#58cd8d;--degraded:#f0b64a;--down:#ff8080;--maintenance:#8fb7ff;--unknown:#a7b4c3;
--bar-whole:#36b872;--bar-part:#e3ab35;--bar-down:#f0595e;--bar-none:#3a4755}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
header,main,footer{max-width:54rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;justify-content:space-between;padding-top:2.25rem;padding-bottom:1.25rem}
h1{font-size:1.35rem;line-height:1.3;margin:0;letter-spacing:-.01em}
h2{font-size:1.05rem;line-height:1.3;margin:2.25rem 0 .75rem}
h3{font-size:1rem;line-height:1.4;margin:0;font-weight:600}
p{margin:0}
ul{list-style:none;margin:0;padding:0}
time{white-space:nowrap}
.soft{color:var(--soft);font-size:.875rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.state{display:inline-flex;align-items:center;gap:.4rem;font-weight:600;font-size:.9rem;white-space:nowrap}
.sign{width:1.15em;height:1.15em;flex:none;fill:currentColor}
.operational{color:var(--operational)}.degraded{color:var(--degraded)}.down{color:var(--down)}
.maintenance{color:var(--maintenance)}.unknown{color:var(--unknown)}
.overall{display:flex;gap:1rem;align-items:center;padding:1.4rem 1.5rem;border-left:.4rem solid currentColor}
.overall .sign{width:2.25rem;height:2.25rem}
.overall p{color:var(--ink)}
.overall .says{font-size:1.4rem;line-height:1.25;font-weight:650;letter-spacing:-.015em}
.overall .soft{color:var(--soft);margin-top:.2rem}
.rows>li{padding:1.1rem 1.5rem;border-top:1px solid var(--line)}
.rows>li:first-child{border-top:0}
.top{display:flex;flex-wrap:wrap;gap:.1rem 1rem;justify-content:space-between;align-items:baseline}
.bars{display:block;width:100%;height:2.25rem;margin:.7rem 0 .35rem}
.bars .w{fill:var(--bar-whole)}.bars .p{fill:var(--bar-part)}.bars .d{fill:var(--bar-down)}.bars .n{fill:var(--bar-none)}
.ends{display:flex;justify-content:space-between;gap:.75rem;text-align:center}
.ends span:first-child,.ends span:last-child{white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;margin:.9rem 0 .2rem}
.legend span{display:inline-flex;align-items:center;gap:.45rem}
.legend .bars{width:.5rem;height:1rem;margin:0}
.lasts{border-left:.4rem solid var(--down)}
.lasts.slow{border-left-color:var(--degraded)}
.lasts.work{border-left-color:var(--maintenance)}
.gap{margin-top:.75rem}
h2.inline{margin:0}
footer{padding-top:2.5rem;padding-bottom:3rem;color:var(--soft);font-size:.875rem;display:flex;flex-wrap:wrap;gap:.35rem 1.25rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(max-width:34rem){header,main,footer{padding-left:.9rem;padding-right:.9rem}header{padding-top:1.4rem}
.rows>li{padding:1rem}.overall{padding:1.1rem 1rem;gap:.8rem}.overall .says{font-size:1.2rem}}
@media(forced-colors:active){.sign,.bars rect{fill:CanvasText}.bars .n{fill:GrayText}}
`.trim();

export const styleElement: Html = { markup: `<style>${style}</style>` };

/** As a Content-Security-Policy names it. */
export const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
