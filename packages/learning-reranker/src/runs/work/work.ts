/** Pieces of jobs that keep a processor busy: each is done in a child, so that the service goes on answering. */
import { type ComparedModels, type ComparisonRequest, compareModels } from '../compare.js';
import { mineFiles } from './mine-files.js';
import { prepareDataset } from './prepare-dataset.js';

export interface WorkProgress {
  readonly share?: number;
  readonly message?: string;
}

/** What a piece of work is given beside its request. */
export interface WorkTools {
  readonly signal: AbortSignal;
  readonly emit: (progress: WorkProgress) => void;
}

export type CompareRequest = Omit<ComparisonRequest, 'signal' | 'onProgress' | 'open'>;

export const works = { mineFiles, prepareDataset, compare };

/** Each model counts as much as the other: the pairs are nearly the same. */
function compare(request: CompareRequest, { signal, emit }: WorkTools): Promise<ComparedModels> {
  const models = new Set([request.model.id, request.against.id]);
  return compareModels({
    ...request,
    signal,
    onProgress: (id, done, total) =>
      emit({
        share: ([...models].indexOf(id) + done / total) / models.size,
        message: `${id}: ${done} of ${total} pairs`,
      }),
  });
}
