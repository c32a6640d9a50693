/** Mines an evaluation dataset, which are questions with expected paths, into evaluation samples over a corpus. */
import { realpath } from 'node:fs/promises';
import { z } from 'zod';
import { normalizeQuery } from '../../records/clean-text.js';
import { splitDocumentId } from '../../records/document-paths.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { Bm25Index } from '../bm25.js';
import { chunkFile, isTextFile } from '../chunks.js';
import { distinctDocuments } from '../corpus.js';
import { evaluationDatasetPath } from '../evaluation-dataset-store.js';
import { languageOfFile } from '../languages/index.js';
import { type NegativeOptions, recordsOfPairs } from '../negatives.js';
import { listSourceFiles } from '../source-files.js';
import { stableHash } from '../stable-hash.js';
import { filesRead, type MiningProgress } from './code.js';
import {
  EvaluationDatasetError,
  type EvaluationQuestion,
  readEvaluationQuestions,
} from './evaluation-questions.js';
import { defineSource, foldersSchema, PROBLEMS_LISTED, pathSchema, storing } from './source.js';

export const evaluation = defineSource({
  schema: z.strictObject({
    source: z
      .literal('evaluation')
      .describe('evaluation samples over a corpus; used to evaluate, not to train'),
    path: pathSchema
      .optional()
      .describe('a file of samples; the default is the samples of /api/evaluation-datasets'),
    corpus: foldersSchema,
    train_share: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('share of the samples to train on instead of evaluating; the default is 0'),
    strict: z.boolean().optional().describe('stop at the first malformed entry'),
    ...storing,
  }),
  paths: ({ path, corpus }) => ({ path, corpus }),
  async mine({ path, corpus, train_share, strict }, { dataDir, signal, emit }) {
    const mined = await mineEvaluationDataset(path ?? evaluationDatasetPath(dataDir), corpus, {
      trainShare: train_share,
      strict,
      signal,
      onProgress: filesRead(emit, 1),
    });
    const { unanswerable, malformed, samples, records } = mined;
    return {
      kind: 'evaluation',
      data: { samples, records, corpus: mined.corpus },
      report: {
        unanswerable: unanswerable.length,
        malformed: malformed.length,
        problems: malformed.slice(0, PROBLEMS_LISTED),
      },
    };
  },
});

/** Options of {@link mineEvaluationDataset}. */
export interface EvaluationMiningOptions extends NegativeOptions {
  /** The share of the questions that become training records instead of samples, 0 to 1. Default 0. */
  readonly trainShare?: number | undefined;
  readonly strict?: boolean | undefined;
  readonly onProgress?: (progress: MiningProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes samples, and records of the share to train on, over the files in `corpusRoots`. A chunk is
 * relevant to a question when its path contains an expected path. A hash of the normalized query
 * decides which questions are trained on: this stays the same while the dataset grows, and is the
 * same for every spelling of a query.
 * @throws {EvaluationDatasetError} when the dataset cannot be used, or the share is not in 0..1.
 * @throws {SourceFolderError} when a folder of the corpus does not exist.
 */
export async function mineEvaluationDataset(
  path: string,
  corpusRoots: readonly string[],
  options: EvaluationMiningOptions = {},
) {
  const { trainShare = 0 } = options;
  if (!(trainShare >= 0 && trainShare <= 1)) {
    throw new EvaluationDatasetError(
      'bad-train-share',
      `The share for training must be from 0 to 1. It is ${trainShare}.`,
    );
  }
  const { questions, malformed } = await readEvaluationQuestions(path, options);
  const documents = await readCorpusFiles(path, corpusRoots, options);
  const { documents: corpus, standsFor } = distinctDocuments(documents);
  const indexOf = new Map(corpus.map(({ id }, index) => [id, index]));
  // A copy of a relevant document under another path is relevant too, and may be the one that is kept.
  const keptIndices = (relevant: readonly CorpusDocument[]) => [
    ...new Set(relevant.flatMap(({ id }) => indexOf.get(standsFor.get(id) ?? id) ?? [])),
  ];

  // The same question about several repositories is one query, because a search does not name a repository.
  const resolved = new Map<string, ResolvedQuestion>();
  const unanswerable: EvaluationQuestion[] = [];
  for (const question of mergeQuestions(questions)) {
    const relevant = keptIndices(relevantTo(question, documents));
    if (relevant.length === 0) {
      unanswerable.push(question);
      continue;
    }
    const key = normalizeQuery(question.query);
    const { query, relevant: others } = resolved.get(key) ?? {
      query: question.query,
      relevant: [],
    };
    resolved.set(key, { query, relevant: [...new Set([...others, ...relevant])] });
  }
  const isForTraining = ({ query }: ResolvedQuestion) =>
    stableHash(normalizeQuery(query)) / 2 ** 32 < trainShare;
  const training = [...resolved.values()].filter(isForTraining);
  return {
    /** Questions to evaluate with. Their queries are not among the records. */
    samples: [...resolved.values()]
      .filter((one) => !isForTraining(one))
      .map(({ query, relevant }) => ({
        query,
        relevant: Object.fromEntries(relevant.map((at) => [corpus[at]?.id ?? '', 1])),
      })),
    /** Records from the share of the questions that is trained on. */
    records: training.length > 0 ? recordsFrom(training, corpus, options) : [],
    corpus,
    /** Questions without an expected path in the corpus. */
    unanswerable,
    malformed,
  };
}

/** A query with the indices of its relevant documents in the corpus. */
interface ResolvedQuestion {
  readonly query: string;
  readonly relevant: readonly number[];
}

/** The chunks of all files, without the dataset itself, which holds every question. */
async function readCorpusFiles(
  datasetPath: string,
  roots: readonly string[],
  options: EvaluationMiningOptions,
): Promise<CorpusDocument[]> {
  const dataset = await realpath(datasetPath);
  const { files } = await listSourceFiles(roots, {
    accepts: (path) => path !== dataset && (languageOfFile(path) !== undefined || isTextFile(path)),
  });
  const documents: CorpusDocument[] = [];
  for (const [index, file] of files.entries()) {
    options.signal?.throwIfAborted();
    documents.push(...((await chunkFile(file)) ?? []));
    options.onProgress?.({ filesDone: index + 1, filesTotal: files.length });
  }
  return documents;
}

/** One question for each normalized query and repository, with the expected paths of all. */
function mergeQuestions(questions: readonly EvaluationQuestion[]): EvaluationQuestion[] {
  const merged = new Map<string, EvaluationQuestion>();
  for (const question of questions) {
    const key = `${normalizeQuery(question.query)}\n${question.repo}`;
    const first = merged.get(key);
    const expectPaths = [...new Set([...(first?.expectPaths ?? []), ...question.expectPaths])];
    merged.set(key, { ...(first ?? question), expectPaths });
  }
  return [...merged.values()];
}

/** The relevant documents. A repository is ignored if the corpus does not have it. */
function relevantTo(
  { repo, expectPaths }: EvaluationQuestion,
  documents: readonly CorpusDocument[],
): CorpusDocument[] {
  const expected = expectPaths
    .map((path) => splitDocumentId(path).path.replace(/^(?:\.?\/)+/, ''))
    .filter((path) => path !== '');
  const isNamed = documents.some(({ repo_slug }) => repo_slug === repo);
  return documents.filter(
    ({ repo_slug, doc_path_rel }) =>
      (!isNamed || repo_slug === repo) && expected.some((path) => doc_path_rel.includes(path)),
  );
}

/** The positive is the relevant document that BM25 ranks first, because only paths are known. */
function recordsFrom(
  training: readonly ResolvedQuestion[],
  corpus: readonly CorpusDocument[],
  options: EvaluationMiningOptions,
): TrainingRecord[] {
  const index = options.index ?? new Bm25Index(corpus.map(({ text }) => text));
  return training.flatMap(({ query, relevant }) => {
    const isRelevant = new Set(relevant);
    const best = index.search(query, corpus.length).find((hit) => isRelevant.has(hit.index));
    const positive = best?.index ?? relevant[0] ?? 0;
    // All relevant documents are passed, so that none becomes a negative. The first one gives the record.
    const pairs = [positive, ...relevant.filter((at) => at !== positive)].flatMap((at) => {
      const document = corpus[at];
      return document ? [{ query, document }] : [];
    });
    const [record] = recordsOfPairs(pairs, corpus, {
      ...options,
      index,
      source: 'evaluation-dataset',
      positiveReason: 'best chunk by BM25 of a path the question expects',
    });
    return record ? [record] : [];
  });
}
