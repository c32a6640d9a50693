/** Stores mined records, their corpus and evaluation samples until a dataset is built. */

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { z } from 'zod';
import { readJsonLines } from '../records/json-lines.js';
import { appendJsonLines, writeJsonLines } from '../records/json-lines-writer.js';
import { waitForLock } from '../records/process-lock.js';
import {
  type CorpusDocument,
  corpusDocumentSchema,
  type TrainingRecord,
  trainingRecordSchema,
} from '../records/training-record.js';

const sampleSchema = z.strictObject({
  query: z.string().min(1),
  relevant: z.record(z.string(), z.number()),
});

export type MinedSample = z.infer<typeof sampleSchema>;

export interface MinedData {
  readonly records: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  readonly samples: readonly MinedSample[];
}

/** The kinds of mined data. Each has its own corpus, and replacing one does not change the others. */
const minedKinds = ['code', 'triplets', 'evaluation', 'feedback'] as const;
export type MinedKind = (typeof minedKinds)[number];

/** The file of records has malformed lines, which replacing would lose. */
export class MinedFileError extends TypedError {
  override readonly name = 'MinedFileError';
  readonly kind = 'damaged';

  constructor(path: string, malformed: number) {
    super(
      `${path} has ${malformed} lines that are not records of schema_version 2, and replacing would lose them. ` +
        `Move it away and import it with: reranker mine triplets <file>`,
    );
  }
}

export interface MinedFiles {
  readonly records: string;
  readonly corpora: Readonly<Record<MinedKind, string>>;
  readonly samples: string;
  /** Every change of these files holds this lock. */
  readonly lock: string;
}

export function minedFiles(dataDir: string, tripletsPath: string | null): MinedFiles {
  const corpora = minedKinds.map((kind) => [kind, join(dataDir, 'corpus', `${kind}.jsonl`)]);
  return {
    records: tripletsPath ?? join(dataDir, 'triplets.jsonl'),
    corpora: Object.fromEntries(corpora) as Record<MinedKind, string>,
    samples: join(dataDir, 'samples.jsonl'),
    lock: join(dataDir, 'mined.lock'),
  };
}

/** Longer than writing a large corpus takes. */
const LOCK_WAIT_MS = 120_000;

/** Stores one kind of mined data, as {@link storeMined} does. */
type Store = (
  kind: MinedKind,
  mined: Partial<MinedData>,
  mode: 'append' | 'replace',
) => Promise<void>;

/**
 * Changes mined data while no other process changes it. Each change reads and writes whole files, so one of two
 * concurrent changes would be lost.
 * @throws {LockHeldError}
 */
export async function changeMined<Result>(
  files: MinedFiles,
  change: (store: Store) => Promise<Result>,
): Promise<Result> {
  const release = await waitForLock(files.lock, LOCK_WAIT_MS);
  try {
    return await change((...mined) => writeMined(files, ...mined));
  } finally {
    await release();
  }
}

/**
 * Adds mined data, or replaces the data of the same kind. Each file is written whole. Duplicates are
 * kept once, in their newest form. The corpus is written first, so that a crash in between may leave
 * documents without queries, but never queries without documents.
 */
export async function storeMined(files: MinedFiles, ...mined: Parameters<Store>): Promise<void> {
  await changeMined(files, (store) => store(...mined));
}

async function writeMined(
  files: MinedFiles,
  kind: MinedKind,
  { records = [], corpus = [], samples = [] }: Partial<MinedData>,
  mode: 'append' | 'replace',
): Promise<void> {
  const path = files.corpora[kind];
  const known = mode === 'append' ? (await readIfThere(path, corpusDocumentSchema)).values : [];
  await writeJsonLines(
    path,
    newestBy([...known, ...corpus.map(bareDocument)], ({ id }) => id),
  );

  if (kind === 'evaluation') {
    const before = mode === 'append' ? (await readIfThere(files.samples, sampleSchema)).values : [];
    await writeJsonLines(
      files.samples,
      newestBy([...before, ...samples], ({ query }) => query),
    );
  }
  await storeRecords(files.records, kind, records, mode);
}

/** Malformed lines are never removed: the file may be a user's only copy of them. */
async function storeRecords(
  path: string,
  kind: MinedKind,
  records: readonly TrainingRecord[],
  mode: 'append' | 'replace',
): Promise<void> {
  const { values, malformed } = await readIfThere(path, trainingRecordSchema);
  const asText = (record: TrainingRecord) => JSON.stringify(record);
  if (malformed.length > 0) {
    if (mode === 'replace') throw new MinedFileError(path, malformed.length);
    const known = new Set(values.map(asText));
    const added = records.filter((record) => !known.has(asText(record)));
    await appendJsonLines(path, newestBy(added, asText));
    return;
  }
  const kept = mode === 'append' ? values : values.filter((record) => kindOf(record) !== kind);
  await writeJsonLines(path, newestBy([...kept, ...records], asText));
}

/** Removes all mined data. */
export async function resetMined(files: MinedFiles): Promise<void> {
  await changeMined(files, async () => {
    for (const path of [files.records, files.samples, ...Object.values(files.corpora)]) {
      await rm(path, { force: true });
    }
  });
}

/** Only the records. Malformed lines are skipped. */
export async function readMinedRecords(files: MinedFiles): Promise<readonly TrainingRecord[]> {
  return (await readIfThere(files.records, trainingRecordSchema)).values;
}

/** All mined data. Malformed lines are skipped and counted. */
export async function readMined(files: MinedFiles): Promise<MinedData & { malformed: number }> {
  const records = await readIfThere(files.records, trainingRecordSchema);
  const samples = await readIfThere(files.samples, sampleSchema);
  const corpora = await Promise.all(
    minedKinds.map((kind) => readIfThere(files.corpora[kind], corpusDocumentSchema)),
  );
  const corpus = corpora.flatMap(({ values }) => values);
  return {
    records: records.values,
    corpus: newestBy(corpus, ({ id }) => id),
    samples: samples.values,
    malformed: [records, samples, ...corpora].reduce(
      (sum, { malformed }) => sum + malformed.length,
      0,
    ),
  };
}

/** The kind of a record by its source. Sources of other tools are of the kind `triplets`. */
function kindOf({ source }: TrainingRecord): MinedKind {
  if (source === 'code' || source === 'feedback') return source;
  return source === 'evaluation-dataset' ? 'evaluation' : 'triplets';
}

async function readIfThere<Row>(path: string, schema: z.ZodType<Row>) {
  if (!existsSync(path)) return { values: [], malformed: [] };
  return readJsonLines(path, { schema });
}

/** The last row of each key, in the order in which the keys first appear. */
function newestBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function bareDocument({ id, text, doc_path_rel, repo_slug }: CorpusDocument): CorpusDocument {
  return { id, text, doc_path_rel, repo_slug };
}
