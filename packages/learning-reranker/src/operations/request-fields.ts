/** The fields of a request, read from its schema: derived options and the generated reference use them. */
import { z } from 'zod';

export interface RequestField {
  /** The name in the request, such as `num_negatives`. */
  readonly name: string;
  readonly type?: string;
  readonly choices?: readonly string[];
  /** The only value of the field that distinguishes the forms of a request. */
  readonly only?: string;
  readonly description: string;
  readonly required: boolean;
}

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<
    Record<
      string,
      {
        readonly type?: string;
        readonly enum?: readonly string[];
        readonly const?: string;
        readonly description?: string;
      }
    >
  >;
  readonly required?: readonly string[];
}

/** The fields of each form of a request: one form, or one for each source or format. */
export function formsOf(schema: z.ZodType): RequestField[][] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const resolved = (one: JsonSchema): JsonSchema =>
    one.$ref === undefined ? one : (json.$defs?.[one.$ref.split('/').at(-1) ?? ''] ?? one);
  const whole = resolved(json);
  return (whole.oneOf ?? [whole]).map((form) => fieldsOfForm(resolved(form)));
}

/** All fields of a request with one form. */
export function fieldsOf(schema: z.ZodType): RequestField[] {
  return formsOf(schema).flat();
}

function fieldsOfForm({ properties = {}, required = [] }: JsonSchema): RequestField[] {
  return Object.entries(properties).map(([name, field]) => {
    const { type, enum: choices, const: only, description = '' } = field;
    return {
      name,
      ...(type !== undefined && { type }),
      ...(choices && { choices }),
      ...(only !== undefined && { only }),
      description,
      required: required.includes(name),
    };
  });
}
