/** A dataset of what was mined, or the one that is named, and whether it fits the loss. */
import { findLoss, Tokenizer } from '@learning-reranker/cross-encoder';
import { findSnapshot, readSnapshot, snapshotOfMined, verifyDataset } from './index.js';

export interface PrepareDatasetRequest {
  readonly dataDir: string;
  readonly tripletsPath: string | null;
  /** A snapshot's hash or its beginning; made of what was mined when absent. */
  readonly dataset: string | undefined;
  /** Whose tokenizer counts. */
  readonly basePath: string;
  readonly loss: string;
  readonly maxLength: number;
  readonly batchSize: number;
}

export async function prepareDataset(request: PrepareDatasetRequest) {
  const { dataDir, dataset, basePath, loss, maxLength, batchSize } = request;
  const { path, manifest } =
    dataset === undefined ? await snapshotOfMined(request) : await findSnapshot(dataDir, dataset);
  const { train } = await readSnapshot(path);
  const tokenizer = await Tokenizer.load(basePath);
  const verified = verifyDataset(train, findLoss(loss), {
    maxLength,
    batchSize,
    tokenCount: (text) => tokenizer.tokenCount(text),
  });
  return { snapshot: { path, manifest }, verified };
}
