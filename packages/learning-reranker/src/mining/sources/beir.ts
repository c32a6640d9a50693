/** Mines a BEIR folder: its corpus, training records from qrels/train.tsv, evaluation samples from the other splits. */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { beir as format } from '../../exchange/beir.js';
import type { JudgedPair } from '../../exchange/format.js';
import { FormatError } from '../../exchange/lines.js';
import type { CorpusDocument } from '../../records/training-record.js';
import { collectRecords, type RelevantPair } from '../negatives.js';
import type { MinedSample } from '../store.js';
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

const TRAIN = 'train';

/**
 * One record for each relevant document in `qrels/train.tsv`, and samples from the other splits. `without_text`
 * counts judgments whose query or document is missing or has no text.
 * @throws {FormatError} when the folder is not a BEIR folder, or has no relevant document
 */
export async function mineBeir(folder: string, { signal, emit }: Partial<MiningTools> = {}) {
  const set = await format.read(folder);
  const collection = basename(resolve(folder));
  const documents = new Map<string, CorpusDocument>();
  for (const { id, text } of set.corpus) {
    if (!/\S/.test(text)) continue;
    // The folder's name keeps the ids of two collections apart.
    const place = { doc_path_rel: pathOf(id), repo_slug: collection };
    documents.set(id, { id: `${collection}/${id}`, text, ...place });
  }
  const queries = new Map(
    set.queries.filter(({ text }) => /\S/.test(text)).map(({ id, text }) => [id, text]),
  );
  let withoutText = 0;
  const relevantPairs = (pairs: readonly JudgedPair[]) =>
    pairs.flatMap(({ queryId, documentId, grade }): (RelevantPair & { grade: number })[] => {
      const [query, document] = [queries.get(queryId), documents.get(documentId)];
      if (query !== undefined && document) return grade > 0 ? [{ query, document, grade }] : [];
      withoutText++;
      return [];
    });
  const heldOut = Object.entries(set.qrels).filter(([split]) => split !== TRAIN);
  const samples = samplesOf(heldOut.flatMap(([, pairs]) => relevantPairs(pairs)));
  const pairs = relevantPairs(set.qrels[TRAIN] ?? []);
  if (samples.length + pairs.length === 0) {
    throw new FormatError(
      `${folder} has no relevant document: expected judgments above 0 whose query and document have texts`,
    );
  }
  const corpus = [...documents.values()];
  const records = await collectRecords(pairs, corpus, {
    // The same source as evaluation datasets have, so that one replaces the other.
    source: 'evaluation-dataset',
    positiveReason: 'judged relevant in the training judgments of the collection',
    signal,
    onProgress: (done) =>
      emit?.({ share: done / pairs.length, message: `${done} of ${pairs.length} records` }),
  });
  return { records, corpus, samples, without_text: withoutText };
}

/** One sample for each text of a query. */
function samplesOf(pairs: readonly (RelevantPair & { readonly grade: number })[]): MinedSample[] {
  const relevant = new Map<string, Record<string, number>>();
  for (const { query, document, grade } of pairs) {
    const own = relevant.get(query) ?? {};
    own[document.id] = Math.max(grade, own[document.id] ?? 0);
    relevant.set(query, own);
  }
  return [...relevant].map(([query, grades]) => ({ query, relevant: grades }));
}
