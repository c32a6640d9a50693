/** Describes a file format that training data or feedback is exchanged in with other tools. */
import type { ImportRows } from '../feedback/import-rows.js';
import type { TrainingRecord } from '../records/training-record.js';
import type { ReadOptions, ReadRow, TextPortions } from './lines.js';

/** One format. What it carries decides which commands can read it; it may write several files. */
export type ExchangeFormat =
  | FeedbackFormat
  | JudgmentFormat
  | RankingFormat
  | RecordFormat
  | CollectionFormat;

interface FormatBase<Carries> {
  /** Its name in requests and on the command line. */
  readonly name: string;
  /** What a file holds, in one line for `/docs` and help. */
  readonly description: string;
  readonly carries: Carries;
  readonly exports?: readonly ExportForm[];
}

/** A file of rows. */
interface RowFormat<Carries, Row> extends FormatBase<Carries> {
  /** Rows name queries by id alone, so an import needs a second file with their texts. */
  readonly needsQueries?: boolean;
  read(path: string, options: ReadOptions): AsyncIterable<Row>;
}

/** Searches and what users did with the results. `reranker import --format <name>` reads it. */
export type FeedbackFormat = RowFormat<'feedback', ImportRows>;
/** Graded documents. `reranker import --format <name>` reads it. */
export type JudgmentFormat = RowFormat<'judgments', ReadRow<JudgedPair | JudgmentRow>>;
/** Result lists of another system. `reranker import --format <name>` reads it. */
export type RankingFormat = RowFormat<'rankings', ReadRow<RankedDocument>>;
/** Training records. It is a source of `reranker mine <name>`. */
export type RecordFormat = RowFormat<'records', ReadRow<TrainingRecord>>;

/** A folder with documents, queries and judgments. */
export interface CollectionFormat extends FormatBase<'collection'> {
  read(folder: string): Promise<Collection>;
}

/** A file that a format writes: `reranker judgments export <name>`. */
export interface ExportForm {
  readonly name: string;
  readonly description: string;
  readonly contentType: string;
  /** Where its content comes from, which decides the options it takes. */
  readonly of: 'judgments' | 'log' | 'records';
  write(source: ExportSource): TextPortions | Promise<TextPortions>;
}

/** Everything that can be exported. It is read when a format asks for it. */
export interface ExportSource {
  judgments(): Promise<Iterable<JudgedPair & JudgmentRow>>;
  /** The list that was shown last for each query. */
  rankings(): AsyncIterable<RankedDocument>;
  queries(): Promise<Iterable<IdentifiedText>>;
  documents(): Promise<Iterable<IdentifiedText>>;
  records(): Promise<readonly TrainingRecord[]>;
}

/** A judgment whose query has an id. */
export interface JudgedPair {
  readonly queryId: string;
  readonly documentId: string;
  /** 0 is not relevant; 1 to 3 are more and more relevant. */
  readonly grade: number;
}

/** A judgment with the text of its query. */
export interface JudgmentRow {
  readonly query: string;
  readonly documentId: string;
  readonly grade: number;
  /** Counts that explain the grade. */
  readonly reason?: string;
}

/** A document at its rank in the list that a system returned for a query. */
export interface RankedDocument {
  readonly queryId: string;
  readonly documentId: string;
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  /** The name of the system. */
  readonly tag: string;
}

export interface IdentifiedText {
  readonly id: string;
  readonly text: string;
}

export interface Collection {
  readonly corpus: readonly IdentifiedText[];
  readonly queries: readonly IdentifiedText[];
  /** By split: `train`, `dev`, `test`. */
  readonly qrels: Readonly<Record<string, readonly JudgedPair[]>>;
}
