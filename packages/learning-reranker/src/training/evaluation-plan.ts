/** When a training evaluates and when it writes a checkpoint. */
import type {
  CrossEncoderTrainingArguments,
  TrainingExample,
} from '@learning-reranker/cross-encoder';
import { type CandidateList, MINIMUM_QUERIES } from '../comparison/index.js';

/** The number of checkpoints, and the most evaluations. */
const STOPS = 5;

/**
 * Five evenly spaced checkpoints, so that a killed training loses a fifth at most. Evaluations on `dev` take
 * about a third of the time that training takes, because a trained pair costs about three scored ones. With few
 * dev queries the best checkpoint would be chosen by chance, so the last one is kept.
 */
export function withStops(
  given: CrossEncoderTrainingArguments,
  rows: readonly Pick<TrainingExample, 'documents'>[],
  dev: readonly Pick<CandidateList, 'candidates'>[],
): CrossEncoderTrainingArguments {
  const { maxSteps, numTrainEpochs, perDeviceTrainBatchSize, gradientAccumulationSteps } = given;
  const stepsOfEpoch = rows.length / perDeviceTrainBatchSize / gradientAccumulationSteps;
  const steps = maxSteps > 0 ? maxSteps : stepsOfEpoch * numTrainEpochs;
  const devPairs = dev.reduce((sum, { candidates }) => sum + candidates.length, 0);
  const saving = {
    saveStrategy: 'steps',
    saveSteps: every(steps, STOPS),
    saveTotalLimit: 2,
  } as const;
  if (devPairs === 0) {
    return {
      ...given,
      ...saving,
      evalStrategy: 'no',
      loadBestModelAtEnd: false,
      earlyStoppingPatience: null,
    };
  }
  const pairsOfEpoch = rows.reduce((sum, { documents }) => sum + documents.length, 0);
  const trainedPairs = (pairsOfEpoch * steps) / stepsOfEpoch;
  // Early stopping needs all evaluations.
  const stopsEarly = given.earlyStoppingPatience !== null;
  const evaluations = stopsEarly ? STOPS : Math.min(STOPS, trainedPairs / devPairs);
  return {
    ...given,
    ...saving,
    evalStrategy: 'steps',
    evalSteps: every(steps, evaluations),
    loadBestModelAtEnd: dev.length >= MINIMUM_QUERIES,
    metricForBestModel: 'ndcg@10',
  };
}

function every(steps: number, stops: number): number {
  return Math.max(1, Math.ceil(steps / Math.max(1, Math.floor(stops))));
}
