/** A BEIR folder: its corpus, records of the training judgments, and samples of all others to evaluate with. */
import { basename, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { readBeir } from '../../exchange/beir.js';
import type { JudgedPair } from '../../exchange/format.js';
import { FormatError } from '../../exchange/lines.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { type AnsweredQuery, recordsOfPairs } from '../negatives.js';
import type { EvaluationSample } from './evaluation-dataset.js';
import { pathOf } from './feedback-records.js';

export interface BeirMiningOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What {@link mineBeir} gives. */
export interface MinedBeir {
  /** Of `qrels/train.tsv`, one for each answer, with negatives by BM25. */
  readonly records: readonly TrainingRecord[];
  /** Ids are led by the folder's name: those of two collections do not meet. */
  readonly corpus: readonly CorpusDocument[];
  /** Of every other split; never trained on. */
  readonly samples: readonly EvaluationSample[];
  /** Judgments of a query or a document that is not there, or has no text. */
  readonly without_text: number;
}

const TRAIN = 'train';
/** Records made before others of this process have their turn. */
const AT_ONCE = 64;

/** @throws {FormatError} when the folder is none of BEIR, or nothing in it answers a query */
export async function mineBeir(
  folder: string,
  { signal, onProgress }: BeirMiningOptions = {},
): Promise<MinedBeir> {
  const set = await readBeir(folder);
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
      `nothing in ${folder} answers a query: expected judgments above 0 of queries and documents that have texts`,
    );
  }
  const corpus = [...documents.values()];
  const records: TrainingRecord[] = [];
  const found = recordsOfPairs(pairs, corpus, {
    // As the product's other collections with held-out judgments: replacing one replaces all of it.
    source: 'evaluation-dataset',
    positiveReason: 'judged relevant in the training judgments of the collection',
  });
  for (const record of pairs.length > 0 ? found : []) {
    records.push(record);
    if (records.length % AT_ONCE > 0) continue;
    signal?.throwIfAborted();
    onProgress?.({ done: records.length, total: pairs.length });
    await setImmediate();
  }
  return { records, corpus, samples, without_text: withoutText };
}

/** One sample a query, by its words. */
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
