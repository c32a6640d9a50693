/** `reranker dataset`: makes datasets of mined records, and checks whether they fit a loss. */
import { styleText } from 'node:util';
import { findLoss, Tokenizer } from '@learning-reranker/cross-encoder';
import type { Command } from 'commander';
import { MINIMUM_QUERIES } from '../../comparison/index.js';
import {
  type BuiltSnapshot,
  findSnapshot,
  listSnapshots,
  snapshotOfMined as minedSnapshot,
  readSnapshot,
  type VerificationReport,
  verifyDataset,
} from '../../datasets/index.js';
import { resolveModel } from '../../registry/index.js';
import { action, type CommandAction, type CommandContext } from '../command.js';
import { EXIT, UsageError } from '../failure.js';

export function dataset(dataset: Command): void {
  dataset.addHelpText('after', '\nExample:\n  $ reranker dataset show --loss softmax');
  dataset
    .command('build')
    .description('Make a dataset of all mined records; the same records give the same hash')
    .addHelpText('after', '\nExample:\n  $ reranker dataset build')
    .action(action(buildDataset));
  dataset
    .command('show')
    .argument('[hash]', 'hash of a dataset; the default is a dataset of all mined records')
    .description('Check whether a dataset fits a loss: counts, labels, lengths, conflicts')
    .option('--loss <name>', 'SBERT class name or short name of a loss')
    .option('--max-length <n>', 'maximum number of tokens in a pair')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker dataset show --loss MarginMSELoss\n  $ reranker dataset show 3f2a --loss mnr --json',
    )
    .action(action(showDataset));
  dataset
    .command('list')
    .description('List all datasets')
    .addHelpText('after', '\nExample:\n  $ reranker dataset list --json')
    .action(action(listDatasets));
}

/** A dataset of all mined records. Notes the malformed lines. */
async function datasetOfMined({ settings, note }: CommandContext): Promise<BuiltSnapshot> {
  const { malformed, ...snapshot } = await minedSnapshot(settings);
  if (malformed > 0) {
    note(
      `${malformed} malformed lines were skipped. For triplets of version 1, run: reranker mine triplets <file>`,
    );
  }
  return snapshot;
}

const buildDataset: CommandAction<object> = async (context) => {
  const { manifest, reused, path } = await datasetOfMined(context);
  const { train, dev, test, corpus } = manifest.counts;
  context.print(
    `dataset ${styleText('bold', manifest.hash)}${reused ? ' (exists already)' : ''}: ${train} training records, ` +
      `${dev} dev and ${test} test queries, ${corpus} documents`,
  );
  for (const [reason, count] of Object.entries(manifest.dropped)) {
    if (count > 0) context.print(`  left out: ${count} ${reason}`);
  }
  return { ...manifest, path, reused };
};

const listDatasets: CommandAction<object> = async (context) => {
  const snapshots = await listSnapshots(context.settings.dataDir);
  for (const { manifest } of snapshots) {
    const { train, dev, test } = manifest.counts;
    context.print(
      `${manifest.hash}  ${manifest.created}  train ${train}, dev ${dev}, test ${test}`,
    );
  }
  if (snapshots.length === 0)
    context.print(
      'There are no datasets. Make one of the mined records with: reranker dataset build',
    );
  return snapshots.map(({ manifest }) => manifest);
};

const showDataset: CommandAction<{ loss?: string; maxLength?: string }> = async (
  context,
  _options,
  [hash],
) => {
  const { settings } = context;
  const { path } =
    hash === undefined ? await datasetOfMined(context) : await findSnapshot(settings.dataDir, hash);
  const snapshot = await readSnapshot(path);
  const description = findLoss(settings.loss);
  const base = await resolveModel(settings.dataDir, 'live');
  const tokenizer = await Tokenizer.load(base.path);
  const report = verifyDataset(snapshot.train, description, {
    maxLength: settings.trainMaxLength,
    batchSize: settings.trainBatch,
    tokenCount: (text) => tokenizer.tokenCount(text),
  });
  const { hash: snapshotHash, counts } = snapshot.manifest;
  context.print(reportText(report, snapshotHash, settings.trainMaxLength));
  context.print(`held out: ${counts.test} test and ${counts.dev} dev queries`);
  if (counts.test < MINIMUM_QUERIES) {
    context.print(
      `${styleText('yellow', 'note')} A promotion needs at least ${MINIMUM_QUERIES} test queries. Mine more before you train.`,
    );
  }
  if (report.problems.length > 0) process.exitCode = EXIT.failed;
  return { ...report, dataset: snapshot.manifest };
};

/** @throws {UsageError} with the reasons, where the data cannot serve the loss. */
export function refuseUnfit({ problems }: VerificationReport): void {
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
}

function reportText(report: VerificationReport, hash: string, maxLength: number): string {
  const labels = Object.entries(report.labels).map(([label, count]) => `${label}: ${count}`);
  const percent = `${(report.truncatedShare * 100).toFixed(1)} %`;
  return [
    `${styleText('bold', report.loss)} on dataset ${hash}`,
    `  shape                ${report.dataShape}`,
    `  records              ${report.records} (${report.negativesPerRecord.toFixed(1)} negatives each)`,
    `  rows for this loss   ${report.rows}`,
    ...(labels.length > 0 ? [`  labels               ${labels.join(', ')}`] : []),
    `  repeated positives   ${report.repeatedPositives}`,
    `  conflicts            ${report.conflicts}`,
    `  duplicates           ${report.duplicates}`,
    `  tokens of a pair     median ${report.tokens.median}, 95 % up to ${report.tokens.p95}, longest ${report.tokens.longest}`,
    `  cut at ${String(maxLength).padEnd(13)} ${percent}`,
    ...report.warnings.map((warning) => `${styleText('yellow', 'note')} ${warning}`),
    ...report.problems.map((problem) => `${styleText('red', 'refused')} ${problem}`),
    ...(report.problems.length === 0
      ? [styleText('green', `This dataset fits ${report.loss}.`)]
      : []),
    `losses it fits: ${report.servedLosses.join(', ') || 'none'}`,
  ].join('\n');
}
