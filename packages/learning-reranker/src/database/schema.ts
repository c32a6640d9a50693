/** The types of the tables. Migrations create the tables. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Time = ColumnType<Date, Date, Date>;
type TimeOrNull = ColumnType<Date | null, Date | null | undefined, Date | null>;

/** A text, stored once under its SHA-256. */
export interface TextsTable {
  hash: string;
  text: string;
}

/** A document of a list that was shown. `position` starts at 1. */
export interface ShownDocument {
  readonly position: number;
  readonly id: string;
  /** The id is only a number in this search. In several searches, the text identifies the document. */
  readonly numbered?: true;
  /** A hash in `texts`; null without a text. */
  readonly text: string | null;
  readonly score: number | null;
}

/** A query with the whole list that was shown. */
export interface SearchesTable {
  event_id: string;
  time: Time;
  received: Time;
  /** A hash in `texts`. */
  query: string;
  client_id: string | null;
  user_id: string | null;
  application: string | null;
  /** The model that reranked the list. */
  model: string | null;
  loss: string | null;
  run_id: string | null;
  /** Why mining ignores the search. */
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

/** Feedback on a shown document, or on the whole list if `document_id` is null. */
export interface FeedbackTable {
  feedback_id: string;
  /** An id in `searches`. Feedback may arrive before its search. */
  event_id: string;
  document_id: string | null;
  kind: FeedbackKind;
  time: Time;
  received: Time;
  client_id: string | null;
  user_id: string | null;
  /** A hash in `texts`. */
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

/** The events of a job in order. Clients can stream them at any time. */
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
  /** The last time at which it added a job. It keeps two services from adding the same job. */
  last_due: TimeOrNull;
  created: Time;
}

/** A teacher's score of a pair, stored so that the teacher scores it once. */
export interface TeacherScoresTable {
  teacher: string;
  query: string;
  document: string;
  score: number;
}

export interface ApiKeysTable {
  id: string;
  name: string;
  /** SHA-256 of the key. The key itself is shown once and never stored. */
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
