/** Makes evaluation samples of an evaluation dataset over a corpus. */
import { evaluationDatasetPath } from '../../mining/evaluation-dataset-store.js';
import { mineEvaluationDataset } from '../../mining/sources/evaluation-dataset.js';
import type { CommandAction } from '../command.js';
import { Progress } from '../progress.js';
import { keepMined } from './keep-mined.js';

interface MineEvaluationOptions {
  readonly corpus: readonly string[];
  readonly trainShare?: number;
  readonly strict?: boolean;
}

export const mineEvaluationFile: CommandAction<MineEvaluationOptions> = async (
  context,
  options,
  [file = evaluationDatasetPath(context.settings.dataDir)],
) => {
  const { signal } = context;
  const progress = new Progress('corpus');
  const mined = await mineEvaluationDataset(file, options.corpus, {
    signal,
    ...(options.trainShare !== undefined && { trainShare: options.trainShare }),
    ...(options.strict !== undefined && { strict: options.strict }),
    onProgress: ({ filesDone, filesTotal }) =>
      progress.update({ share: filesDone / filesTotal, text: `${filesDone}/${filesTotal} files` }),
  });
  progress.done(`${mined.corpus.length} documents`);
  const { samples, records, corpus, malformed, unanswerable } = mined;
  await keepMined(context, 'evaluation', { samples, records, corpus });
  for (const { entry, problem } of malformed.slice(0, 10))
    context.note(`entry ${entry}: ${problem}`);
  context.print(
    `${samples.length} evaluation samples, ${records.length} training records, ${corpus.length} documents.\n` +
      `${unanswerable.length} questions expect a path that is not in the corpus; ${malformed.length} entries are malformed.\n` +
      'Next: reranker dataset build, then reranker evaluate --model live --against starter',
  );
  return {
    samples: samples.length,
    records: records.length,
    corpus: corpus.length,
    unanswerable: unanswerable.length,
    malformed,
  };
};
