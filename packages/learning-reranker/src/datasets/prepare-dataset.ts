/** Makes a dataset of the mined records, or finds the named one, and checks whether it fits the loss. */
import { findLoss, Tokenizer } from '@learning-reranker/cross-encoder';
import { findSnapshot, readSnapshot, snapshotOfMined, verifyDataset } from './index.js';

export interface PrepareDatasetRequest {
  readonly dataDir: string;
  readonly tripletsPath: string | null;
  /** A dataset's hash or its beginning; a dataset of all mined records when absent. */
  readonly dataset: string | undefined;
  /** The model whose tokenizer counts the tokens. */
  readonly basePath: string;
  readonly loss: string;
  readonly maxLength: number;
  readonly batchSize: number;
}

export async function prepareDataset(request: PrepareDatasetRequest) {
  const { dataDir, dataset, basePath, loss, maxLength, batchSize } = request;
  const { path, manifest, malformed } =
    dataset === undefined
      ? await snapshotOfMined(request)
      : { ...(await findSnapshot(dataDir, dataset)), malformed: 0 };
  const { train } = await readSnapshot(path);
  const tokenizer = await Tokenizer.load(basePath);
  const verified = verifyDataset(train, findLoss(loss), {
    maxLength,
    batchSize,
    tokenCount: (text) => tokenizer.tokenCount(text),
  });
  const skipped =
    malformed === 0
      ? []
      : [
          `${malformed} malformed lines of mined records were skipped. Import triplets of version 1 with: reranker mine triplets <file>`,
        ];
  const warnings = [...skipped, ...verified.warnings];
  return { snapshot: { path, manifest }, verified: { ...verified, warnings } };
}
