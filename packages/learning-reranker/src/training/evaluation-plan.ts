/** When a training run stops to evaluate and to write a checkpoint. */
import type {
  CrossEncoderTrainingArguments,
  TrainingExample,
} from '@learning-reranker/cross-encoder';
import { type CandidateList, MINIMUM_QUERIES } from '../comparison/index.js';

/** Times a run stops to write a checkpoint, and to evaluate at most. */
const STOPS = 5;

/**
 * Checkpoints are written five times, evenly: a killed process loses no more than what lies between two. The
 * run evaluates on `dev` as often as takes a third of the time that training takes, for a trained pair costs
 * about three scored ones. Of few dev queries chance decides which checkpoint is best: then the last is kept.
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
  // Who waits for an evaluation that is no better is not to wait for fewer of them.
  const patient = given.earlyStoppingPatience !== null;
  const evaluations = patient ? STOPS : Math.min(STOPS, trainedPairs / devPairs);
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
