/** Turns an evaluation dataset, questions with the paths expected among the results, into samples over a corpus. */
import { realpath } from 'node:fs/promises';
import { normalizeQuery } from '../../records/clean-text.js';
import { splitDocumentId } from '../../records/document-paths.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { Bm25Index } from '../bm25.js';
import { chunkFile, isTextFile } from '../chunks.js';
import { distinctDocuments } from '../corpus.js';
import { languageOfFile } from '../languages/index.js';
import { type NegativeOptions, recordsOfPairs } from '../negatives.js';
import { listSourceFiles, type SkipReason, withUnreadable } from '../source-files.js';
import { stableHash } from '../stable-hash.js';
import type { MiningProgress } from './code.js';
import {
  EvaluationDatasetError,
  type EvaluationQuestion,
  type EvaluationQuestions,
  readEvaluationQuestions,
} from './evaluation-questions.js';

/** A query with the documents of the corpus that answer it, by id, graded. */
export interface EvaluationSample {
  readonly query: string;
  readonly relevant: Readonly<Record<string, number>>;
}

/** Options of {@link mineEvaluationDataset}. */
export interface EvaluationMiningOptions extends NegativeOptions {
  /** Share of the questions, 0 to 1, that become training records instead of samples. Default 0. */
  readonly trainShare?: number;
  readonly strict?: boolean;
  /** Longest chunk of the corpus in UTF-16 code units. Default 2000. */
  readonly maximumDocumentLength?: number;
  readonly onProgress?: (progress: MiningProgress) => void;
  readonly signal?: AbortSignal;
}

/** What {@link mineEvaluationDataset} gives. */
export interface MinedEvaluation extends Pick<EvaluationQuestions, 'malformed'> {
  /** Questions to evaluate with; none of their queries is among the records. */
  readonly samples: readonly EvaluationSample[];
  /** Records to train with, from the declared share of the questions. */
  readonly records: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  /** Questions none of whose expected paths is in the corpus. */
  readonly unanswerable: readonly EvaluationQuestion[];
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

/**
 * Makes samples, and from a declared share records, of an evaluation dataset over the files below
 * `corpusRoots`. A chunk answers a question when its path ends in or contains an expected path.
 * Which questions go to training is decided by a hash of the normalised query, so that it stays
 * the same while the dataset grows, and every spelling of a query falls on one side.
 * @throws {EvaluationDatasetError} when the dataset cannot be used, or the share is not in 0..1.
 * @throws {SourceFolderError} when a folder of the corpus does not exist.
 */
export async function mineEvaluationDataset(
  path: string,
  corpusRoots: readonly string[],
  options: EvaluationMiningOptions = {},
): Promise<MinedEvaluation> {
  const { trainShare = 0 } = options;
  if (!(trainShare >= 0 && trainShare <= 1)) {
    throw new EvaluationDatasetError(
      'bad-train-share',
      path,
      `The share for training must lie between 0 and 1, not at ${trainShare}.`,
    );
  }
  const { questions, malformed } = await readEvaluationQuestions(path, options);
  const { documents, skipped } = await readCorpusFiles(path, corpusRoots, options);
  const { documents: corpus, standsFor } = distinctDocuments(documents);
  const indexOf = new Map(corpus.map(({ id }, index) => [id, index]));
  // A copy of an answer under another path is an answer too, and may be the one that was kept.
  const keptIndices = (answers: readonly CorpusDocument[]) => [
    ...new Set(answers.flatMap(({ id }) => indexOf.get(standsFor.get(id) ?? id) ?? [])),
  ];

  // What is asked of several repositories is one query: who searches the corpus does not name a repository.
  const answered = new Map<string, Answered>();
  const unanswerable: EvaluationQuestion[] = [];
  for (const question of mergeQuestions(questions)) {
    const answers = keptIndices(answersTo(question, documents));
    if (answers.length === 0) {
      unanswerable.push(question);
      continue;
    }
    const key = normalizeQuery(question.query);
    const { query, answers: others } = answered.get(key) ?? { query: question.query, answers: [] };
    answered.set(key, { query, answers: [...new Set([...others, ...answers])] });
  }
  const isForTraining = ({ query }: Answered) => shareOf(query) < trainShare;
  const training = [...answered.values()].filter(isForTraining);
  return {
    samples: [...answered.values()]
      .filter((one) => !isForTraining(one))
      .map(({ query, answers }) => ({
        query,
        relevant: Object.fromEntries(answers.map((at) => [corpus[at]?.id ?? '', 1])),
      })),
    records: training.length > 0 ? recordsFrom(training, corpus, options) : [],
    corpus,
    unanswerable,
    malformed,
    skipped,
  };
}

/** A query with the places in the corpus of what answers it. */
interface Answered {
  readonly query: string;
  readonly answers: readonly number[];
}

/** The chunks of all files. The dataset itself is left out: it holds every question. */
async function readCorpusFiles(
  datasetPath: string,
  roots: readonly string[],
  options: EvaluationMiningOptions,
): Promise<{ documents: CorpusDocument[]; skipped: MinedEvaluation['skipped'] }> {
  const dataset = await realpath(datasetPath);
  const { files, skipped } = await listSourceFiles(roots, {
    accepts: (path) => path !== dataset && (languageOfFile(path) !== undefined || isTextFile(path)),
  });
  const documents: CorpusDocument[] = [];
  let unreadable = 0;
  for (const [index, file] of files.entries()) {
    options.signal?.throwIfAborted();
    const chunks = await chunkFile(file, options.maximumDocumentLength);
    if (chunks === null) unreadable++;
    else documents.push(...chunks);
    options.onProgress?.({ filesDone: index + 1, filesTotal: files.length, pairs: 0 });
  }
  return { documents, skipped: withUnreadable(skipped, unreadable) };
}

/** One question per normalised query and repository; what is expected of either is expected of both. */
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

/** The documents that answer. A repository that the corpus does not name is not insisted on. */
function answersTo(
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

/** The positive of a record is the answer that BM25 ranks first, since only paths are known. */
function recordsFrom(
  training: readonly Answered[],
  corpus: readonly CorpusDocument[],
  options: EvaluationMiningOptions,
): TrainingRecord[] {
  const index = options.index ?? new Bm25Index(corpus.map(({ text }) => text));
  return training.flatMap(({ query, answers }) => {
    const isAnswer = new Set(answers);
    const best = index.search(query, corpus.length).find((hit) => isAnswer.has(hit.index));
    const positive = best?.index ?? answers[0] ?? 0;
    // Every answer is passed as an answered query, so that none becomes a negative; the first gives the record.
    const pairs = [positive, ...answers.filter((at) => at !== positive)].flatMap((at) => {
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

/** Where a query falls between 0 and 1, the same for every spelling. */
function shareOf(query: string): number {
  return stableHash(normalizeQuery(query)) / 2 ** 32;
}
