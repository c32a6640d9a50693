/** Texts are stored once, under their SHA-256. */
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/schema.js';

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The most rows in a statement. */
const ROWS_OF_A_STATEMENT = 1000;

export function* partsOf<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_OF_A_STATEMENT) {
    yield rows.slice(from, from + ROWS_OF_A_STATEMENT);
  }
}

export async function readTexts(
  db: Kysely<Database>,
  hashes: readonly string[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const part of partsOf(hashes)) {
    const rows = await db
      .selectFrom('texts')
      .selectAll()
      .where(sql<boolean>`hash = any(${part})`)
      .execute();
    for (const { hash, text } of rows) texts.set(hash, text);
  }
  return texts;
}
