/** Where mined records, the corpus they come from and evaluation samples are kept until a dataset is made. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonLines } from '../records/json-lines.js';
import { appendJsonLines, writeJsonLines } from '../records/json-lines-writer.js';
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

export interface MinedFiles {
  readonly records: string;
  readonly corpus: string;
  readonly samples: string;
}

export function minedFiles(dataDir: string, tripletsPath: string | null): MinedFiles {
  return {
    records: tripletsPath ?? join(dataDir, 'triplets.jsonl'),
    corpus: join(dataDir, 'corpus.jsonl'),
    samples: join(dataDir, 'samples.jsonl'),
  };
}

/** Adds what was mined to what is there, or puts it in its place. */
export async function storeMined(
  files: MinedFiles,
  mined: Partial<MinedData>,
  mode: 'append' | 'replace',
): Promise<void> {
  const write = mode === 'append' ? appendJsonLines : writeJsonLines;
  const { records = [], corpus = [], samples = [] } = mined;
  if (corpus.length > 0) await write(files.corpus, corpus.map(bareDocument));
  if (samples.length > 0) await write(files.samples, samples);
  if (records.length > 0) await write(files.records, records);
}

/** All that was mined; malformed lines are passed over and counted. */
export async function readMined(files: MinedFiles): Promise<MinedData & { malformed: number }> {
  const records = await readIfThere(files.records, trainingRecordSchema);
  const corpus = await readIfThere(files.corpus, corpusDocumentSchema);
  const samples = await readIfThere(files.samples, sampleSchema);
  return {
    records: records.values,
    corpus: corpus.values,
    samples: samples.values,
    malformed: records.malformed.length + corpus.malformed.length + samples.malformed.length,
  };
}

async function readIfThere<Row>(path: string, schema: z.ZodType<Row>) {
  if (!existsSync(path)) return { values: [], malformed: [] };
  return readJsonLines(path, { schema });
}

function bareDocument({ id, text, doc_path_rel, repo_slug }: CorpusDocument): CorpusDocument {
  return { id, text, doc_path_rel, repo_slug };
}
