/** Rows of the data that the base model was trained on. Mixing them in keeps the new model from forgetting it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DataShape,
  SeededRandom,
  type TrainingExample,
} from '@learning-reranker/cross-encoder';
import { projectRecords } from '../datasets/index.js';
import { type TrainingRecord, trainingRecordSchema } from '../records/training-record.js';

/** A file of the base model. Without it, there is no replay. */
const REPLAY_FILE = 'replay.jsonl';

const textOf = (basePath: string) => readFile(join(basePath, REPLAY_FILE), 'utf8').catch(() => '');

/** The same file for the new model, which is the base of the next one. */
export async function replayFiles(basePath: string): Promise<Map<string, string>> {
  const text = await textOf(basePath);
  return new Map(text === '' ? [] : [[REPLAY_FILE, text]]);
}

export async function readReplay(
  basePath: string,
  shape: DataShape,
  { rows, seed }: { rows: number; seed: number },
): Promise<TrainingExample[]> {
  if (rows === 0) return [];
  const records: TrainingRecord[] = (await textOf(basePath))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => trainingRecordSchema.parse(JSON.parse(line)));
  return new SeededRandom(seed).shuffle(projectRecords(records, shape)).slice(0, rows);
}
