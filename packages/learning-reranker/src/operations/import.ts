/** Import of what another system logged, judged or ranked, as a job. */
import { z } from 'zod';
import {
  FeedbackStore,
  type GradedRow,
  importLog,
  importRows,
  type RowReader,
  searchesOfGrades,
  searchesOfRun,
} from '../feedback/index.js';
import {
  type ReadOptions,
  type ReadRow,
  readJudgmentCsv,
  readQrels,
  readQueries,
  readRun,
  type TextPortions,
  textOfFile,
} from '../mining/formats/index.js';
import { defineJob } from './operation.js';

const path = z.string().min(1);

export const importRequestSchema = z
  .discriminatedUnion('format', [
    z.strictObject({
      format: z.enum(['log', 'ubi']).describe('JSON Lines of the older product, or of UBI 1.3'),
      path,
    }),
    z.strictObject({
      format: z.literal('judgment-csv').describe('columns grade, query and docid'),
      path,
    }),
    z.strictObject({
      format: z.enum(['qrels', 'run']).describe('of TREC'),
      path,
      queries: z
        .string({
          error: "expected the file of the queries' words, which qrels and runs name by ids alone",
        })
        .min(1)
        .describe("the queries' words: BEIR's queries.jsonl, or lines of id, tab and text"),
    }),
  ])
  .meta({ id: 'ImportRequest' });

export type ImportRequest = z.output<typeof importRequestSchema>;

export const importFile = defineJob(
  importRequestSchema,
  async (request, { db, signal, progress }) => {
    const store = new FeedbackStore(db);
    const options = {
      signal,
      onProgress: ({ searches, feedback }: { searches: number; feedback: number }) =>
        progress({ message: `${searches} searches, ${feedback} votes and clicks` }),
    };
    if ('queries' in request) {
      const { format, path, queries } = request;
      const list = { path, queries: await readQueries(queries) };
      const read: RowReader = (told) =>
        format === 'run'
          ? searchesOfRun(withWords(readRun, list, told), told)
          : searchesOfGrades(withWords(readQrels, list, told), told);
      return importRows(store, read, options);
    }
    const { format, path } = request;
    if (format !== 'judgment-csv') return importLog(store, path, { ...options, format });
    return importRows(store, (told) => searchesOfGrades(gradesOfCsv(path, told), told), options);
  },
);

type OnMalformed = Parameters<RowReader>[0];

async function* gradesOfCsv(file: string, onMalformed: OnMalformed): AsyncGenerator<GradedRow> {
  for await (const { line, value } of readJudgmentCsv(textOfFile(file), { onMalformed })) {
    yield { line, ...value };
  }
}

/** Rows with their query's words in the place of its id. */
async function* withWords<Row extends { readonly queryId: string }>(
  read: (text: TextPortions, options: ReadOptions) => AsyncIterable<ReadRow<Row>>,
  { path, queries }: { readonly path: string; readonly queries: ReadonlyMap<string, string> },
  onMalformed: OnMalformed,
): AsyncGenerator<Row & { readonly line: number; readonly query: string }> {
  for await (const { line, value } of read(textOfFile(path), { onMalformed })) {
    const query = queries.get(value.queryId);
    if (query !== undefined) yield { ...value, line, query };
    else onMalformed({ line, problem: 'the file of queries has none of this id' });
  }
}
