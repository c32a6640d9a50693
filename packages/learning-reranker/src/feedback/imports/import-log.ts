/** Imports a file of what another system logged; done twice it counts once. */
import { z } from 'zod';
import { streamJsonLines } from '../../records/json-lines.js';
import { feedbackSchema, searchSchema } from '../schema.js';
import type { FeedbackStore } from '../store.js';
import { type Imported, type ImportOptions, type ImportRows, importRows } from './import-rows.js';
import { logRowSchema, ofLogRow } from './log-rows.js';
import { ubiEventSchema, ubiQuerySchema } from './ubi.js';
import { withId } from './with-id.js';

export type LogFormat = 'log' | 'ubi';

/** @throws {NothingImportedError}, and {JsonLinesError} when the file cannot be read */
export function importLog(
  store: FeedbackStore,
  path: string,
  { format, ...options }: ImportOptions & { readonly format: LogFormat },
): Promise<Imported> {
  const schema = rowSchemas[format];
  return importRows(
    store,
    async function* (onMalformed) {
      for await (const { value } of streamJsonLines(path, { schema, onMalformed })) yield value;
    },
    options,
  );
}

const checkedRows = z.object({
  searches: z.array(searchSchema.extend({ caller: z.string().optional() })),
  feedback: z.array(feedbackSchema),
});

const ubiEventRows = ubiEventSchema.transform(
  (one): ImportRows => ({ searches: [], feedback: one ? [one] : [] }),
);
const ubiQueryRows = ubiQuerySchema.transform(
  (search): ImportRows => ({ searches: [search], feedback: [] }),
);

const rowSchemas: Readonly<Record<LogFormat, z.ZodType<ImportRows>>> = {
  log: logRowSchema
    .transform(ofLogRow)
    .transform(({ searches, feedback }) => ({ searches, feedback: feedback.map(withId) }))
    .pipe(checkedRows),
  // An event is known by its action: it may carry the query's words too.
  ubi: z.looseObject({}).transform((row, context): ImportRows => {
    const parsed = 'action_name' in row ? ubiEventRows.safeParse(row) : ubiQueryRows.safeParse(row);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path, message });
    }
    return z.NEVER;
  }),
};
