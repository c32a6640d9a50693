/** Adds a teacher's scores to records, for losses that learn from them. Each pair is scored only once. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/schema.js';
import { hashOf } from '../feedback/texts.js';
import type { TrainingRecord } from '../records/training-record.js';

/** A query and a document for the teacher to score. */
interface TeacherPair {
  readonly query: string;
  readonly document: string;
}

export interface Teacher {
  /** The name of the model. Scores are stored by it. */
  readonly name: string;
  /** The relevance of each pair, 0 to 1, in order. */
  readonly score: (pairs: readonly TeacherPair[]) => Promise<readonly number[]>;
}

/** The teacher's answer cannot be used. */
export class TeacherError extends TypedError {
  override readonly name = 'TeacherError';
  readonly kind = 'malformed';
}

export interface TeacherOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** Pairs in one request. Scores are stored after each request, so that a failure loses only one. */
const PAIRS_AT_ONCE = 100;
const LOOKED_UP_AT_ONCE = 1000;

interface KeyedPair extends TeacherPair {
  readonly queryHash: string;
  readonly documentHash: string;
}

/**
 * The records with a score for the positive and each negative: the logit of the teacher's relevance, which is
 * the scale on which MarginMSELoss compares margins.
 * @throws {TeacherError}
 */
export async function withTeacherScores(
  db: Kysely<Database>,
  records: readonly TrainingRecord[],
  teacher: Teacher,
  { signal, onProgress }: TeacherOptions = {},
): Promise<{ records: TrainingRecord[]; asked: number }> {
  const pairs = distinctPairs(records);
  const scores = await knownScores(db, teacher.name, pairs);
  const missing = [...pairs].filter(([key]) => !scores.has(key)).map(([, pair]) => pair);
  for (let from = 0; from < missing.length; from += PAIRS_AT_ONCE) {
    signal?.throwIfAborted();
    const part = missing.slice(from, from + PAIRS_AT_ONCE);
    const answer = await teacher.score(part.map(({ query, document }) => ({ query, document })));
    checkAnswer(teacher.name, part.length, answer);
    const logits = answer.map(logitOf);
    await keepScores(db, teacher.name, part, logits);
    for (const [at, pair] of part.entries()) scores.set(keyOf(pair), logits[at] as number);
    onProgress?.((from + part.length) / missing.length);
  }
  const scoreOf = (query: string, document: string) =>
    scores.get(keyOf({ queryHash: hashOf(query), documentHash: hashOf(document) })) as number;
  return {
    records: records.map((record) => ({
      ...record,
      teacher_scores: [record.positive, ...record.negatives].map(({ text }) =>
        scoreOf(record.query, text),
      ),
    })),
    asked: missing.length,
  };
}

/** Relevance is clipped this far from 0 and 1, because a margin between extreme logits would outweigh all others. */
const SUREST = 1e-4;

function logitOf(relevance: number): number {
  const unsure = Math.min(Math.max(relevance, SUREST), 1 - SUREST);
  return Math.log(unsure / (1 - unsure));
}

function distinctPairs(records: readonly TrainingRecord[]): Map<string, KeyedPair> {
  const pairs = new Map<string, KeyedPair>();
  for (const { query, positive, negatives } of records) {
    const queryHash = hashOf(query);
    for (const { text } of [positive, ...negatives]) {
      const pair = { query, document: text, queryHash, documentHash: hashOf(text) };
      pairs.set(keyOf(pair), pair);
    }
  }
  return pairs;
}

function keyOf({ queryHash, documentHash }: Pick<KeyedPair, 'queryHash' | 'documentHash'>): string {
  return `${queryHash} ${documentHash}`;
}

async function knownScores(
  db: Kysely<Database>,
  teacher: string,
  pairs: ReadonlyMap<string, KeyedPair>,
): Promise<Map<string, number>> {
  const scores = new Map<string, number>();
  const queries = [...new Set([...pairs.values()].map(({ queryHash }) => queryHash))];
  for (let from = 0; from < queries.length; from += LOOKED_UP_AT_ONCE) {
    const rows = await db
      .selectFrom('teacher_scores')
      .select(['query', 'document', 'score'])
      .where('teacher', '=', teacher)
      .where(sql<boolean>`query = any(${queries.slice(from, from + LOOKED_UP_AT_ONCE)})`)
      .execute();
    for (const { query, document, score } of rows) {
      const key = keyOf({ queryHash: query, documentHash: document });
      if (pairs.has(key)) scores.set(key, score);
    }
  }
  return scores;
}

function checkAnswer(teacher: string, asked: number, answer: readonly number[]): void {
  if (answer.length !== asked) {
    throw new TeacherError(
      `The teacher ${teacher} returned ${answer.length} scores for ${asked} pairs. Expected one score for each pair. Choose another teacher.`,
    );
  }
  const at = answer.findIndex((score) => !(score >= 0 && score <= 1));
  if (at < 0) return;
  throw new TeacherError(
    `The teacher ${teacher} returned a score outside 0 to 1 (pair ${at + 1} of ${asked}). Check the model it uses.`,
  );
}

async function keepScores(
  db: Kysely<Database>,
  teacher: string,
  pairs: readonly KeyedPair[],
  scores: readonly number[],
): Promise<void> {
  await db
    .insertInto('teacher_scores')
    .values(
      pairs.map(({ queryHash, documentHash }, at) => ({
        teacher,
        query: queryHash,
        document: documentHash,
        score: scores[at] as number,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
