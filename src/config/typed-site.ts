import { parse, YAMLParseError } from 'yaml';

import type { PortRange } from '#lib/web-ports.ts';
import type { Json } from '#ports/json.ts';
import type { ReadSite, SiteFault, SiteFields } from '#ports/managed-sites.ts';

import { readSite } from './read-site.ts';
import { keysAt, schemaAt, unknownField } from './site-shape.ts';
import { site, type SitesDefaults } from './sites-schema.ts';

type Path = readonly string[];
type Section = Readonly<Record<string, Json>>;

/** Begins like a list or fields, and is none. */
class Broken {
  readonly message: string;

  constructor(at: number | undefined) {
    const where = at === undefined ? 'It cannot be read' : `It cannot be read from character ${at} on`;
    this.message = `${where}. Write it as in deckhand.yml or as JSON, in single quotes: \`'[{"json": "$.status", "equals": "ok"}]'\`.`;
  }
}

/** As `readSite`, from what people type; see SiteReader. */
export function readTypedSite(
  typed: Readonly<Record<string, string>>,
  before: SiteFields,
  defaults: SitesDefaults,
  ports?: readonly PortRange[],
): ReadSite {
  let fields: Section = before;
  for (const [written, text] of Object.entries(typed)) {
    const path = pathOf(written);
    if ('message' in path) return { ok: false, faults: [path] };
    const value = valueOf(text, path, fields);
    if (value instanceof Broken) return { ok: false, faults: [{ field: written, message: value.message }] };
    fields = withValue(fields, path, value);
  }
  return readSite(fields, defaults, ports);
}

/** `slo.latency.under` in any spelling, level by level. */
function pathOf(written: string): Path | SiteFault {
  const path: string[] = [];
  for (const part of written.split('.')) {
    const names = keysAt(path);
    const name = names === 'any' ? part : names.find((one) => plain(one) === plain(part));
    if (name === undefined) return unknownField(path, part);
    path.push(name);
  }
  return path;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** The likeliest meaning of a text that fits there; what is written as a list or fields is taken as that, with its faults. */
function valueOf(text: string, path: Path, fields: Section): Json | undefined | Broken {
  if (text.trim() === '') return undefined;
  const written = asWritten(text);
  const isFound = (value: Json) => fits(value, path, fields);
  if (written === undefined) return readings(text).find(isFound) ?? text;
  if (isFound(text)) return text;
  if (written instanceof Broken) return written;
  const isOne = schemaAt(path)?.def.type === 'array' && !Array.isArray(written);
  return isOne ? [written] : written;
}

/** As it stands in deckhand.yml, JSON included; undefined: it is neither a list nor fields. */
function asWritten(text: string): Json | undefined | Broken {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return parse(text, { logLevel: 'error', maxAliasCount: 0 }) as Json;
  } catch (error) {
    return new Broken(error instanceof YAMLParseError ? error.linePos?.[0].col : undefined);
  }
}

function readings(text: string): readonly Json[] {
  const words = text.split(',').map((one) => one.trim());
  const numbers = words.map((one) => (/^-?\d+(\.\d+)?$/.test(one) ? Number(one) : one));
  return [text, ...numbers.slice(0, 1), ...flagOf(text), words, numbers];
}

function flagOf(text: string): boolean[] {
  if (/^(yes|true|on)$/i.test(text)) return [true];
  return /^(no|false|off)$/i.test(text) ? [false] : [];
}

/** Nothing is wrong there; beside it something may be missing yet. */
function fits(value: Json, path: Path, fields: Section): boolean {
  const [field = '', ...inner] = path;
  const read = site.shape[field as keyof typeof site.shape].safeParse(withValue(fields, path, value)[field]);
  return read.success || !read.error.issues.some((issue) => inner.every((part, at) => issue.path[at] === part));
}

/** Without a value it is taken away, and so is a section that it leaves empty. */
function withValue(fields: Section, [name = '', ...inner]: Path, value: Json | undefined): Section {
  const { [name]: before, ...others } = fields;
  const isSection = typeof before === 'object' && before !== null && !Array.isArray(before);
  const next = inner.length === 0 ? value : withValue(isSection ? (before as Section) : {}, inner, value);
  const isNone = next === undefined || (inner.length > 0 && Object.keys(next as Section).length === 0);
  return isNone ? others : { ...fields, [name]: next };
}
