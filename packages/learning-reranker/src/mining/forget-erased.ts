/** Removes mined data whose feedback was erased from the log since. */
import { existsSync } from 'node:fs';
import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { hashOf, readTexts } from '../feedback/texts.js';
import { keepNegatives, type TrainingRecord } from '../records/training-record.js';
import { readCorpus } from './corpus.js';
import { changeMined, type MinedFiles, readMinedRecords } from './store.js';

/**
 * Keeps the records and documents mined from feedback that are still in the log. A record is removed with its
 * query or its positive, and loses negatives that were erased. Returns the number of removed records. Existing
 * datasets and models do not change.
 */
export function forgetErased(db: Kysely<Database>, files: MinedFiles): Promise<number> {
  return changeMined(files, async (store) => {
    const path = files.corpora.feedback;
    const corpus = existsSync(path) ? (await readCorpus(path)).values : [];
    const records = (await readMinedRecords(files)).filter(({ source }) => source === 'feedback');
    const texts = new Set([...records.flatMap(textsOf), ...corpus.map(({ text }) => text)]);
    if (texts.size === 0) return 0;
    const known = await readTexts(db, [...texts].map(hashOf));
    const isKept = (text: string) => known.has(hashOf(text));
    if ([...texts].every(isKept)) return 0;
    const kept = {
      records: records
        .filter(({ query, positive }) => isKept(query) && isKept(positive.text))
        .map((record) => keepNegatives(record, ({ text }) => isKept(text))),
      corpus: corpus.filter(({ text }) => isKept(text)),
    };
    await store('feedback', kept, 'replace');
    return records.length - kept.records.length;
  });
}

function textsOf({ query, positive, negatives }: TrainingRecord): string[] {
  return [query, positive.text, ...negatives.map(({ text }) => text)];
}
