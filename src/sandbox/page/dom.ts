/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What may stand inside an element; text is always literal. */
export type Child = Node | string | undefined | false | readonly Child[];

type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;

/**
 * Builds an element. `onclick` and the like take functions; `false` and undefined leave an attribute out, `true` sets it
 * bare. Never reads HTML, so text cannot become markup.
 */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as (event: Event) => void);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** Adds children at the end. */
export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue;
    if (typeof child === 'string') parent.appendChild(document.createTextNode(child));
    else if (child instanceof Node) parent.appendChild(child);
    else append(parent, child);
  }
}

/** Puts these children in place of all others. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** The element of the shell with this id. Throws when the shell lacks it. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}`);
  return found;
}

/** An id for `aria-controls`, `for` and the like, unique on the page. */
export function freshId(prefix: string): string {
  count += 1;
  return `${prefix}-${count}`;
}
let count = 0;

/**
 * Shows the items in order and keeps the elements of those whose `version` did not change, with their focus and their
 * open menus. When a changed item held the focus, the same control of its new element gets it back.
 */
export function keepInStep<T>(
  parent: HTMLElement,
  items: readonly T[],
  of: { key: (item: T) => string; version: (item: T) => string; draw: (item: T) => HTMLElement },
): void {
  const old = new Map(
    [...parent.children].map((element) => [(element as HTMLElement).dataset['key'], element as HTMLElement]),
  );
  const focused = document.activeElement?.getAttribute('data-focus') ?? undefined;
  const holder = [...old.values()].find((element) => element.contains(document.activeElement));
  const wanted = items.map((item) => {
    const version = of.version(item);
    const kept = old.get(of.key(item));
    if (kept?.dataset['version'] === version) return kept;
    const drawn = of.draw(item);
    drawn.dataset['key'] = of.key(item);
    drawn.dataset['version'] = version;
    return drawn;
  });
  for (const element of old.values()) if (!wanted.includes(element)) element.remove();
  for (const [at, element] of wanted.entries())
    if (parent.children[at] !== element) parent.insertBefore(element, parent.children[at] ?? null);
  if (holder === undefined || holder.isConnected || focused === undefined) return;
  const heir = wanted.find((element) => element.dataset['key'] === holder.dataset['key']);
  heir?.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}
