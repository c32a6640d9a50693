/** Mines a BEIR folder: its corpus, training records from qrels/train.tsv, evaluation samples from the other splits. */
import { basename, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { beir as format } from '../../exchange/beir.js';
import type { JudgedPair } from '../../exchange/format.js';
import { FormatError } from '../../exchange/lines.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { type AnsweredQuery, recordsOfPairs } from '../negatives.js';
import type { EvaluationSample } from './evaluation-dataset.js';
import { pathOf } from './feedback-records.js';
import { defineSource, type MiningTools, pathSchema, storing } from './source.js';

export const beir = defineSource({
  schema: z.strictObject({
    source: z.literal(format.name).describe(format.description),
    path: pathSchema,
    ...storing,
  }),
  paths: ({ path }) => ({ path }),
  async mine({ path }, tools) {
    const { without_text, ...data } = await mineBeir(path, tools);
    return { kind: 'evaluation', data, report: { without_text } };
  },
});

/** The result of {@link mineBeir}. */
export interface MinedBeir {
  /** One for each relevant document in `qrels/train.tsv`, with negatives by BM25. */
  readonly records: readonly TrainingRecord[];
  /** Ids start with the folder's name, so that ids of two collections differ. */
  readonly corpus: readonly CorpusDocument[];
  /** From all other splits. They are never trained on. */
  readonly samples: readonly EvaluationSample[];
  /** Judgments whose query or document is missing or has no text. */
  readonly without_text: number;
}

const TRAIN = 'train';
/** Records made between two pauses for other work of the process. */
const AT_ONCE = 64;

/** @throws {FormatError} when the folder is not a BEIR folder, or has no relevant document */
export async function mineBeir(
  folder: string,
  { signal, emit }: Partial<MiningTools> = {},
): Promise<MinedBeir> {
  const set = await format.read(folder);
  const collection = basename(resolve(folder));
  const documents = new Map<string, CorpusDocument>();
  for (const { id, text } of set.corpus) {
    if (!/\S/.test(text)) continue;
    const place = { doc_path_rel: pathOf(id), repo_slug: collection };
    documents.set(id, { id: `${collection}/${id}`, text, ...place });
  }
  const queries = new Map(
    set.queries.filter(({ text }) => /\S/.test(text)).map(({ id, text }) => [id, text]),
  );
  let withoutText = 0;
  const answered = (pairs: readonly JudgedPair[]) =>
    pairs.flatMap(({ queryId, documentId, grade }): (AnsweredQuery & { grade: number })[] => {
      const [query, document] = [queries.get(queryId), documents.get(documentId)];
      if (query !== undefined && document) return grade > 0 ? [{ query, document, grade }] : [];
      withoutText++;
      return [];
    });
  const heldOut = Object.entries(set.qrels).filter(([split]) => split !== TRAIN);
  const samples = samplesOf(heldOut.flatMap(([, pairs]) => answered(pairs)));
  const pairs = answered(set.qrels[TRAIN] ?? []);
  if (samples.length + pairs.length === 0) {
    throw new FormatError(
      `${folder} has no relevant document: expected judgments above 0 whose query and document have texts`,
    );
  }
  const corpus = [...documents.values()];
  const records: TrainingRecord[] = [];
  const found = recordsOfPairs(pairs, corpus, {
    // The same source as evaluation datasets have, so that one replaces the other.
    source: 'evaluation-dataset',
    positiveReason: 'judged relevant in the training judgments of the collection',
  });
  for (const record of pairs.length > 0 ? found : []) {
    records.push(record);
    if (records.length % AT_ONCE > 0) continue;
    signal?.throwIfAborted();
    emit?.({
      share: records.length / pairs.length,
      message: `${records.length} of ${pairs.length} records`,
    });
    await setImmediate();
  }
  return { records, corpus, samples, without_text: withoutText };
}

/** One sample for each text of a query. */
function samplesOf(
  pairs: readonly (AnsweredQuery & { readonly grade: number })[],
): EvaluationSample[] {
  const relevant = new Map<string, Record<string, number>>();
  for (const { query, document, grade } of pairs) {
    const own = relevant.get(query) ?? {};
    own[document.id] = Math.max(grade, own[document.id] ?? 0);
    relevant.set(query, own);
  }
  return [...relevant].map(([query, answers]) => ({ query, relevant: answers }));
}
