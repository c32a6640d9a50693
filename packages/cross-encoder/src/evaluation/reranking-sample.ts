/** A query with its relevant documents and the documents to rank, and the ranking made of them. */
import { EvaluationDataError } from './evaluator.js';

/** A relevant document and how relevant it is. */
export interface GradedDocument {
  readonly text: string;
  /** Above zero: 1 is relevant, a higher grade more relevant. */
  readonly grade: number;
}

/**
 * One query to evaluate, with exactly one of `negative` and `documents`. Documents are matched to
 * positives by their text, as in SBERT.
 */
export interface RerankingSample {
  readonly query: string;
  /** The relevant documents; plain texts have grade 1. */
  readonly positive: string | readonly (string | GradedDocument)[];
  /** Documents that are not relevant. */
  readonly negative?: readonly string[];
  /** A first-stage ranking, best first, which may hold positives or miss them. */
  readonly documents?: readonly string[];
}

/** A prepared sample: the documents to score and their grades. */
export interface RerankingTask {
  readonly query: string;
  readonly documents: readonly string[];
  /** The grade of each of `documents`; 0 if it is not relevant. */
  readonly grades: readonly number[];
  /** The grades of the positives that are not among `documents`. */
  readonly missedGrades: readonly number[];
  /**
   * The grades in the order of the first stage, positives that it missed last; all 0 if it found
   * none, as in SBERT. Only for samples with `documents`.
   */
  readonly baseGrades: readonly number[] | undefined;
}

/**
 * Prepares a sample.
 * @param alwaysRerankPositives whether positives that `documents` misses are scored too
 * @throws {EvaluationDataError} for a sample of another shape.
 */
export function rerankingTask(
  sample: RerankingSample,
  index: number,
  alwaysRerankPositives: boolean,
): RerankingTask {
  const { query, negative, documents } = sample;
  if (typeof query !== 'string') {
    throw new EvaluationDataError(`query: expected a text, got ${typeof query}.`, index);
  }
  const positives = gradedPositives(sample.positive, index);
  if ((negative === undefined) === (documents === undefined)) {
    const given = negative === undefined ? 'neither' : 'both';
    const message = `expected exactly one of "negative" and "documents", got ${given}.`;
    throw new EvaluationDataError(message, index);
  }
  const texts = positives.map(({ text }) => text);
  const grades = positives.map(({ grade }) => grade);
  const gradeOf = new Map(positives.map(({ text, grade }) => [text, grade]));
  if (documents === undefined) {
    const irrelevant = negative ?? [];
    return {
      query,
      documents: [...texts, ...irrelevant],
      grades: [...grades, ...irrelevant.map(() => 0)],
      missedGrades: [],
      baseGrades: undefined,
    };
  }
  const given = documents.map((text) => gradeOf.get(text) ?? 0);
  const present = new Set(documents);
  const missedGrades = positives.filter(({ text }) => !present.has(text)).map(({ grade }) => grade);
  const foundAny = given.some((grade) => grade > 0);
  const baseGrades = [...given, ...missedGrades].map((grade) => (foundAny ? grade : 0));
  if (!alwaysRerankPositives) {
    return { query, documents, grades: given, missedGrades, baseGrades };
  }
  const others = documents.filter((text) => !gradeOf.has(text));
  return {
    query,
    documents: [...texts, ...others],
    grades: [...grades, ...others.map(() => 0)],
    missedGrades: [],
    baseGrades,
  };
}

function gradedPositives(positive: RerankingSample['positive'], index: number): GradedDocument[] {
  const list = typeof positive === 'string' ? [positive] : positive;
  if (!Array.isArray(list)) {
    const message = `positive: expected a text or a list of documents, got ${typeof positive}.`;
    throw new EvaluationDataError(message, index);
  }
  return list.map((document: string | GradedDocument) => {
    const graded = typeof document === 'string' ? { text: document, grade: 1 } : document;
    if (graded.grade > 0 && graded.grade < Number.POSITIVE_INFINITY) return graded;
    const message = `positive: expected a grade above 0, got ${graded.grade}. Leave documents that are not relevant out of "positive".`;
    throw new EvaluationDataError(message, index);
  });
}
