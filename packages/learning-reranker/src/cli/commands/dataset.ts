/** `reranker dataset`: snapshots of what was mined, and whether they fit a loss. */

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
    .description('make a snapshot of what was mined; the same records give the same snapshot')
    .addHelpText('after', '\nExample:\n  $ reranker dataset build')
    .action(action(buildDataset));
  dataset
    .command('show')
    .argument('[hash]', 'a snapshot; the newest, or what was mined, when not given')
    .description('does this dataset fit this loss? counts, balance, lengths, conflicts')
    .option('--loss <name>', 'class name or short name')
    .option('--max-length <n>', 'tokens of a pair')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker dataset show --loss MarginMSELoss\n  $ reranker dataset show 3f2a --loss mnr --json',
    )
    .action(action(showDataset));
  dataset
    .command('list')
    .description('all snapshots')
    .addHelpText('after', '\nExample:\n  $ reranker dataset list --json')
    .action(action(listDatasets));
}

/** A snapshot of all that was mined; what was passed over is said. */
export async function snapshotOfMined({ settings, note }: CommandContext): Promise<BuiltSnapshot> {
  const { malformed, ...snapshot } = await minedSnapshot(settings);
  if (malformed > 0) {
    note(
      `${malformed} malformed lines were passed over; triplets of version 1 are imported with: reranker mine triplets <file>`,
    );
  }
  return snapshot;
}

const buildDataset: CommandAction<object> = async (context) => {
  const { manifest, reused, path } = await snapshotOfMined(context);
  const { train, dev, test, corpus } = manifest.counts;
  context.print(
    `dataset ${styleText('bold', manifest.hash)}${reused ? ' (there already)' : ''}: ${train} training records, ` +
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
    context.print('no datasets yet: mine something, then reranker dataset build');
  return snapshots.map(({ manifest }) => manifest);
};

const showDataset: CommandAction<{ loss?: string; maxLength?: string }> = async (
  context,
  _options,
  [hash],
) => {
  const { settings } = context;
  const { path } =
    hash === undefined
      ? await snapshotOfMined(context)
      : await findSnapshot(settings.dataDir, hash);
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
  context.print(`held out to evaluate with: ${counts.test} test and ${counts.dev} dev queries`);
  if (counts.test < MINIMUM_QUERIES) {
    context.print(
      `${styleText('yellow', 'note')} a promotion takes ${MINIMUM_QUERIES} test queries or more: mine more before you train`,
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
      ? [styleText('green', `this dataset serves ${report.loss}`)]
      : []),
    `it has what these losses read: ${report.servedLosses.join(', ') || 'none'}`,
  ].join('\n');
}
