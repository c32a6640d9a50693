/** A parameter that users may set, of a loss or of training: its description, the check of a value, its spellings. */

export type ParameterValue = number | boolean | string | null;

/** What is known about one parameter. Command-line help, validation, forms and reference are made from it. */
export interface ParameterDescription {
  /** The name in camelCase; `snakeCase` gives SBERT's spelling. */
  readonly name: string;
  readonly type: 'number' | 'integer' | 'boolean' | 'string';
  /** `null` is SBERT's `None`. */
  readonly default: ParameterValue;
  /** Whether `null` is a value; it always is where it is the default. */
  readonly nullable?: boolean;
  /** The lowest value. */
  readonly minimum?: number;
  /** The highest value. */
  readonly maximum?: number;
  /** The value must be less than this. */
  readonly below?: number;
  readonly choices?: readonly string[];
  /** One sentence. */
  readonly description: string;
}

/** The type of a parameter's values, read from its description. */
export type ValueOf<Description extends Omit<ParameterDescription, 'name'>> =
  | (Description extends { readonly choices: readonly (infer Choice)[] }
      ? Choice
      : { number: number; integer: number; boolean: boolean; string: string }[Description['type']])
  | (Description extends { readonly default: null } | { readonly nullable: true } ? null : never);

/** What the description expects, in words, if the value does not fit it; `null` if it fits. */
export function expectedInstead(description: ParameterDescription, value: unknown): string | null {
  const { type, minimum, maximum, below, choices } = description;
  const kind = type === 'integer' ? 'a whole number' : `a ${type}`;
  if (value === null) return description.default === null || description.nullable ? null : kind;
  if (type === 'boolean' || type === 'string') {
    if (typeof value !== type) return kind;
    return choices && !choices.includes(value as string) ? `one of ${choices.join(', ')}` : null;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return kind;
  if (type === 'integer' && !Number.isInteger(value)) return kind;
  if (minimum !== undefined && value < minimum) return `at least ${minimum}`;
  if (maximum !== undefined && value > maximum) return `at most ${maximum}`;
  if (below !== undefined && value >= below) return `less than ${below}`;
  return null;
}

/** `learningRate` as `learning_rate`: SBERT's spelling, and that of requests. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `learningRate` as `learning-rate`: the spelling of command-line options. */
export function kebabCase(name: string): string {
  return snakeCase(name).replaceAll('_', '-');
}
