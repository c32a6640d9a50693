import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('texts')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('text', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('searches')
    .addColumn('event_id', 'text', (column) => column.primaryKey())
    .addColumn('time', 'timestamptz', (column) => column.notNull())
    .addColumn('received', 'timestamptz', (column) => column.notNull())
    .addColumn('query', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text')
    .addColumn('user_id', 'text')
    .addColumn('application', 'text')
    .addColumn('model', 'text')
    .addColumn('loss', 'text')
    .addColumn('run_id', 'text')
    .addColumn('excluded', 'text')
    .addColumn('shown', 'jsonb', (column) => column.notNull())
    .execute();
  await index(db, 'searches', ['time', 'event_id']);
  await index(db, 'searches', ['client_id', 'received']);
  await index(db, 'searches', ['user_id']);
  await db.schema
    .createTable('feedback')
    .addColumn('feedback_id', 'text', (column) => column.primaryKey())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('document_id', 'text')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('time', 'timestamptz', (column) => column.notNull())
    .addColumn('received', 'timestamptz', (column) => column.notNull())
    .addColumn('client_id', 'text')
    .addColumn('user_id', 'text')
    .addColumn('note', 'text')
    .execute();
  await index(db, 'feedback', ['event_id']);
  await index(db, 'feedback', ['received']);
  await index(db, 'feedback', ['user_id']);
  await db.schema
    .createTable('jobs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('request', 'jsonb', (column) => column.notNull())
    .addColumn('result', 'jsonb')
    .addColumn('error', 'text')
    .addColumn('progress', 'double precision', (column) => column.notNull().defaultTo(0))
    .addColumn('message', 'text')
    .addColumn('eta_seconds', 'double precision')
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('max_attempts', 'integer', (column) => column.notNull().defaultTo(3))
    .addColumn('cancel_requested', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('worker', 'text')
    .addColumn('lease_until', 'timestamptz')
    .addColumn('created', 'timestamptz', (column) => column.notNull())
    .addColumn('started', 'timestamptz')
    .addColumn('finished', 'timestamptz')
    .execute();
  await index(db, 'jobs', ['status', 'created']);
  await db.schema
    .createTable('job_events')
    .addColumn('id', 'bigserial', (column) => column.primaryKey())
    .addColumn('job_id', 'text', (column) =>
      column.notNull().references('jobs.id').onDelete('cascade'),
    )
    .addColumn('time', 'timestamptz', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('data', 'jsonb', (column) => column.notNull())
    .execute();
  await index(db, 'job_events', ['job_id', 'id']);
  await db.schema
    .createTable('schedules')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('cron', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('request', 'jsonb', (column) => column.notNull())
    .addColumn('enabled', 'boolean', (column) => column.notNull().defaultTo(true))
    .addColumn('last_due', 'timestamptz')
    .addColumn('created', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('teacher_scores')
    .addColumn('teacher', 'text', (column) => column.notNull())
    .addColumn('query', 'text', (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('score', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('teacher_scores_key', ['teacher', 'query', 'document'])
    .execute();
  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('scopes', 'jsonb', (column) => column.notNull())
    .addColumn('created', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('revoked', 'timestamptz')
    .execute();
}

async function index(db: Kysely<unknown>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute();
}
