/** The tables, as Kysely sees them. Migrations make them; this file only types what they made. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Read as a Date, written as one. */
type Time = ColumnType<Date, Date, Date>;
type TimeOrNull = ColumnType<Date | null, Date | null | undefined, Date | null>;

/** A text, kept once: its SHA-256 is its key. */
export interface TextsTable {
  hash: string;
  text: string;
}

/** One place of a list that was shown. `position` counts from 1. */
export interface ShownDocument {
  readonly position: number;
  readonly id: string;
  /** There where the id is only a number of this search: across searches the text tells which document it is. */
  readonly numbered?: true;
  /** Of `texts`; null where only the id came. */
  readonly text: string | null;
  readonly score: number | null;
}

/** A query with the whole list that was shown for it. */
export interface SearchesTable {
  event_id: string;
  time: Time;
  received: Time;
  /** Of `texts`. */
  query: string;
  client_id: string | null;
  user_id: string | null;
  application: string | null;
  /** What reranked the list. */
  model: string | null;
  loss: string | null;
  run_id: string | null;
  /** Said to be a test, or found to be a burst: not mined. */
  excluded: 'test' | 'burst' | null;
  shown: JSONColumnType<readonly ShownDocument[]>;
}

export const feedbackKinds = [
  'click',
  'noclick',
  'thumbsup',
  'thumbsdown',
  'star1',
  'star2',
  'star3',
  'star4',
  'star5',
  'note',
] as const;

export type FeedbackKind = (typeof feedbackKinds)[number];

/** What somebody said of a shown document, or of the whole list where `document_id` is null. */
export interface FeedbackTable {
  feedback_id: string;
  /** Of `searches`; feedback may come before its search does. */
  event_id: string;
  document_id: string | null;
  kind: FeedbackKind;
  time: Time;
  received: Time;
  client_id: string | null;
  user_id: string | null;
  /** Of `texts`. */
  note: string | null;
}

export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface JobsTable {
  id: string;
  /** The name of an operation. */
  kind: string;
  status: JobStatus;
  request: JSONColumnType<Record<string, unknown>>;
  result: JSONColumnType<Record<string, unknown>> | null;
  error: string | null;
  /** 0 to 1. */
  progress: number;
  message: string | null;
  eta_seconds: number | null;
  attempts: number;
  max_attempts: number;
  cancel_requested: boolean;
  worker: string | null;
  lease_until: TimeOrNull;
  created: Time;
  started: TimeOrNull;
  finished: TimeOrNull;
}

/** What a job said while it ran, in order: what is streamed and can be streamed again. */
export interface JobEventsTable {
  id: Generated<string>;
  job_id: string;
  time: Time;
  type: string;
  data: JSONColumnType<Record<string, unknown>>;
}

export interface SchedulesTable {
  id: string;
  cron: string;
  /** The name of an operation. */
  kind: string;
  request: JSONColumnType<Record<string, unknown>>;
  enabled: boolean;
  /** When a job was last made of it: two services make one. */
  last_due: TimeOrNull;
  created: Time;
}

/** A teacher's score of a pair, asked for once. */
export interface TeacherScoresTable {
  teacher: string;
  query: string;
  document: string;
  score: number;
}

export interface ApiKeysTable {
  id: string;
  name: string;
  /** SHA-256 of the key; the key itself is shown once and kept nowhere. */
  hash: string;
  scopes: JSONColumnType<readonly string[]>;
  created: Time;
  revoked: TimeOrNull;
}

export interface Database {
  texts: TextsTable;
  searches: SearchesTable;
  feedback: FeedbackTable;
  jobs: JobsTable;
  job_events: JobEventsTable;
  schedules: SchedulesTable;
  teacher_scores: TeacherScoresTable;
  api_keys: ApiKeysTable;
}
