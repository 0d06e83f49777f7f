/** Something Slack would refuse, as its `blocks.validate` tells it: where (JSON pointer), what kind, in words. */
export type Violation = { pointer: string; code: ViolationCode; message: string };
type ViolationCode =
  | 'missing_field'
  | 'unknown_field'
  | 'unsupported_type'
  | 'wrong_type'
  | 'wrong_value'
  | 'too_long'
  | 'too_short'
  | 'too_many'
  | 'too_few'
  | 'duplicate'
  | 'wrong_surface';

export type Report = (pointer: string, code: ViolationCode, message: string) => void;
/** Looks at one value and reports what is wrong with it. */
export type Rule = (value: unknown, pointer: string, report: Report) => void;
export type Fields = Readonly<Record<string, Rule>>;
export type Plain = Readonly<Record<string, unknown>>;

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The items that are objects; everything else is reported elsewhere. */
export function objectsIn(value: unknown): readonly Plain[] {
  return Array.isArray(value) ? value.filter(isPlain) : [];
}

/** Lengths count UTF-16 units, as Slack's own clients do. */
export function string(max: number, min = 1): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report(pointer, 'wrong_type', 'must be a string');
    if (value.length < min) report(pointer, 'too_short', `must be more than ${min - 1} characters`);
    if (value.length > max) report(pointer, 'too_long', `must be less than ${max + 1} characters`);
  };
}

export function matching(pattern: RegExp, example: string): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(pointer, 'wrong_value', `must look like ${example}`);
  };
}

/** An http or https address of at most 3,000 characters. */
export const webAddress: Rule = (value, pointer, report) => {
  string(3_000)(value, pointer, report);
  if (typeof value === 'string' && value !== '' && !/^https?:\/\/[^\s]+$/i.test(value))
    report(pointer, 'wrong_value', 'must be a valid http or https URL');
};

export const boolean: Rule = (value, pointer, report) => {
  if (typeof value !== 'boolean') report(pointer, 'wrong_type', 'must be a boolean');
};

export function integer(min: number, max: number): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value))
      return report(pointer, 'wrong_type', 'must be an integer');
    if (value < min || value > max) report(pointer, 'wrong_value', `must be between ${min} and ${max}`);
  };
}

export const number: Rule = (value, pointer, report) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) report(pointer, 'wrong_type', 'must be a number');
};

export function among(...allowed: readonly (string | number)[]): Rule {
  return (value, pointer, report) => {
    if (!allowed.some((one) => one === value)) report(pointer, 'wrong_value', `must be one of ${allowed.join(', ')}`);
  };
}

/** `max` and `min` count the items; `one` looks at each. */
export function list(one: Rule, max: number, min = 1): Rule {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) return report(pointer, 'wrong_type', 'must be an array');
    if (value.length < min) report(pointer, 'too_few', `no fewer than ${min} items allowed`);
    if (value.length > max) report(pointer, 'too_many', `no more than ${max} items allowed`);
    value.forEach((item, at) => one(item, `${pointer}/${at}`, report));
  };
}

/** An object with exactly these fields; anything else is an unknown one. */
export function record(required: Fields, optional: Fields = {}): Rule {
  return (value, pointer, report) => {
    if (!isPlain(value)) return report(pointer, 'wrong_type', 'must be an object');
    for (const [name, rule] of Object.entries(required)) {
      if (value[name] === undefined || value[name] === null)
        report(pointer, 'missing_field', `missing required field: ${name}`);
      else rule(value[name], `${pointer}/${name}`, report);
    }
    for (const [name, inner] of Object.entries(value)) {
      if (Object.hasOwn(required, name) || inner === undefined) continue;
      const rule = Object.hasOwn(optional, name) ? optional[name] : undefined;
      if (rule === undefined) report(`${pointer}/${name}`, 'unknown_field', `invalid additional property: ${name}`);
      else rule(inner, `${pointer}/${name}`, report);
    }
  };
}

/** An object whose `type` chooses the rule. */
export function typed(rules: Fields): Rule {
  return (value, pointer, report) => {
    if (!isPlain(value)) return report(pointer, 'wrong_type', 'must be an object');
    const type = value['type'];
    if (type === undefined) return report(pointer, 'missing_field', 'missing required field: type');
    const rule = typeof type === 'string' && Object.hasOwn(rules, type) ? rules[type] : undefined;
    if (rule === undefined)
      return report(
        `${pointer}/type`,
        'unsupported_type',
        `unsupported type: ${typeof type === 'string' ? type : JSON.stringify(type)}`,
      );
    rule(value, pointer, report);
  };
}

/** Both rules look at the value. */
export function both(...rules: readonly Rule[]): Rule {
  return (value, pointer, report) => {
    for (const rule of rules) rule(value, pointer, report);
  };
}

/** For types that refer to each other. */
export function later(rule: () => Rule): Rule {
  return (value, pointer, report) => rule()(value, pointer, report);
}

const anything: Rule = () => {};
export const type = { type: anything };

/** A plain_text object. Source: https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
export function plainText(max: number, min = 1): Rule {
  return typed({ plain_text: record({ ...type, text: string(max, min) }, { emoji: boolean }) });
}

export function mrkdwn(max: number): Rule {
  return typed({ mrkdwn: record({ ...type, text: string(max) }, { verbatim: boolean }) });
}

/** plain_text or mrkdwn. */
export function anyText(max: number): Rule {
  return typed({
    plain_text: record({ ...type, text: string(max) }, { emoji: boolean }),
    mrkdwn: record({ ...type, text: string(max) }, { verbatim: boolean }),
  });
}
