/** Rows of the data a base model was made with, mixed into training against forgetting. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DataShape,
  SeededRandom,
  type TrainingExample,
} from '@learning-reranker/cross-encoder';
import { projectRecords } from '../datasets/index.js';
import { type TrainingRecord, trainingRecordSchema } from '../records/training-record.js';

/** The file that a base model brings with it; models without one are trained without replay. */
const REPLAY_FILE = 'replay.jsonl';

export async function readReplay(
  basePath: string,
  shape: DataShape,
  { rows, seed }: { rows: number; seed: number },
): Promise<TrainingExample[]> {
  if (rows === 0) return [];
  const text = await readFile(join(basePath, REPLAY_FILE), 'utf8').catch(() => '');
  const records: TrainingRecord[] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => trainingRecordSchema.parse(JSON.parse(line)));
  return new SeededRandom(seed).shuffle(projectRecords(records, shape)).slice(0, rows);
}
