/** Turns an evaluation dataset, questions with the paths expected among the results, into samples over a corpus. */
import { readFile, realpath } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { z } from 'zod';
import { cleanJson, normalizeQuery } from '../../records/clean-text.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { Bm25Index } from '../bm25.js';
import { chunkFile, isTextFile } from '../chunks.js';
import { distinctDocuments } from '../corpus.js';
import { splitDocumentId } from '../document-paths.js';
import { languageOfFile } from '../languages/index.js';
import { type NegativeOptions, recordsOfPairs } from '../negatives.js';
import { listSourceFiles, type SkipReason } from '../source-files.js';
import { stableHash } from '../stable-hash.js';
import type { MiningProgress } from './code.js';

/** A question of an evaluation dataset. */
export interface EvaluationQuestion {
  readonly query: string;
  /** Name of the repository meant; empty for any. */
  readonly repo: string;
  /** Ends or parts of the paths that answer it. */
  readonly expectPaths: readonly string[];
}

/** A query with the documents of the corpus that answer it, by id, graded. */
export interface EvaluationSample {
  readonly query: string;
  readonly relevant: Readonly<Record<string, number>>;
}

/** Raised when an evaluation dataset cannot be used at all. */
export class EvaluationDatasetError extends Error {
  override readonly name = 'EvaluationDatasetError';
  readonly code:
    | 'unreadable-file'
    | 'not-an-evaluation-dataset'
    | 'malformed-entry'
    | 'bad-train-share';
  readonly path: string;

  constructor(code: EvaluationDatasetError['code'], path: string, message: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

/** Questions read, and entries that are none. Entries count from 1. */
export interface EvaluationQuestions {
  readonly questions: readonly EvaluationQuestion[];
  readonly malformed: readonly { readonly entry: number; readonly problem: string }[];
}

const filled = z.string().regex(/\S/);
const entrySchema = z
  .object({
    q: filled.optional(),
    query: filled.optional(),
    question: filled.optional(),
    repo: z.string().nullish(),
    expect_paths: z.union([filled.transform((path) => [path]), z.array(filled).min(1)]),
  })
  .refine(({ q, query, question }) => (q ?? query ?? question) !== undefined, {
    error: 'has no q',
  });

/**
 * Reads an evaluation dataset: a JSON array of `{q, repo, expect_paths}`, `query` in place of `q`
 * allowed. Entries without a question and without paths, such as a comment, are passed over.
 * @throws {EvaluationDatasetError} when the file is not such an array; with `strict` also at the
 *   first malformed entry.
 */
export async function readEvaluationQuestions(
  path: string,
  options: { readonly strict?: boolean } = {},
): Promise<EvaluationQuestions> {
  const questions: EvaluationQuestion[] = [];
  const malformed: { entry: number; problem: string }[] = [];
  for (const [index, value] of (await readEntries(path)).entries()) {
    if (isComment(value)) continue;
    const parsed = entrySchema.safeParse(value);
    if (parsed.success) {
      const { q, query, question, repo, expect_paths } = parsed.data;
      questions.push({
        query: (q ?? query ?? question ?? '').trim(),
        repo: repo ?? '',
        expectPaths: expect_paths,
      });
      continue;
    }
    const [issue] = parsed.error.issues;
    const problem = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();
    if (options.strict) {
      throw new EvaluationDatasetError(
        'malformed-entry',
        path,
        `${path}, entry ${index + 1}: ${problem}. Expected {q, repo, expect_paths}. Mend or remove it, or read without --strict to skip it.`,
      );
    }
    malformed.push({ entry: index + 1, problem });
  }
  return { questions, malformed };
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

  const answered: { question: EvaluationQuestion; answers: number[] }[] = [];
  const unanswerable: EvaluationQuestion[] = [];
  for (const question of mergeQuestions(questions)) {
    const answers = keptIndices(answersTo(question, documents));
    if (answers.length > 0) answered.push({ question, answers });
    else unanswerable.push(question);
  }
  const isForTraining = ({ query }: EvaluationQuestion) => shareOf(query) < trainShare;
  const training = answered.filter(({ question }) => isForTraining(question));
  return {
    samples: answered
      .filter(({ question }) => !isForTraining(question))
      .map(({ question, answers }) => ({
        query: question.query,
        relevant: Object.fromEntries(answers.map((at) => [corpus[at]?.id ?? '', 1])),
      })),
    records: training.length > 0 ? recordsFrom(training, corpus, options) : [],
    corpus,
    unanswerable,
    malformed,
    skipped,
  };
}

async function readEntries(path: string): Promise<unknown[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'there is no such file' : message;
    throw new EvaluationDatasetError('unreadable-file', path, `Cannot read ${path}: ${problem}.`);
  }
  const refuse = (problem: string): never => {
    throw new EvaluationDatasetError(
      'not-an-evaluation-dataset',
      path,
      `${path} ${problem}. Expected a JSON array of {"q": "...", "repo": "...", "expect_paths": ["..."]}.`,
    );
  };
  let value: unknown;
  try {
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
    value = cleanJson(JSON.parse(new TextDecoder(encoding, { fatal: true }).decode(bytes)));
  } catch {
    return refuse('is not JSON in UTF-8');
  }
  return Array.isArray(value) ? value : refuse('is not an array');
}

function isComment(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (value === null || typeof value !== 'object') return false;
  return !['q', 'query', 'question', 'expect_paths'].some((key) => key in value);
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
  for (const [index, file] of files.entries()) {
    options.signal?.throwIfAborted();
    documents.push(...(await chunkFile(file, options.maximumDocumentLength)));
    options.onProgress?.({ filesDone: index + 1, filesTotal: files.length, pairs: 0 });
  }
  return { documents, skipped };
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
  training: readonly { question: EvaluationQuestion; answers: number[] }[],
  corpus: readonly CorpusDocument[],
  options: EvaluationMiningOptions,
): TrainingRecord[] {
  const index = options.index ?? new Bm25Index(corpus.map(({ text }) => text));
  return training.flatMap(({ question: { query }, answers }) => {
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
