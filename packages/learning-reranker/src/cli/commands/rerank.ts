/** `reranker rerank`: reranks documents for a query. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { z } from 'zod';
import { servedAlpha } from '../../comparison/index.js';
import { type ModelDtype, ModelScorer } from '../../processes/model-scorer.js';
import { readJsonLines } from '../../records/json-lines.js';
import { type ResolvedModel, resolveModel } from '../../registry/index.js';
import { RerankEngine } from '../../serving/engine.js';
import { rerank as rerankDocuments, type SearchedDocument } from '../../serving/rerank.js';
import { action, type CommandAction, type CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { noteMalformed } from '../malformed.js';
import { oneLine } from '../one-line.js';
import { dtypeOption } from '../option-values.js';

export function rerank(command: Command): void {
  command
    .argument('<query>', 'the query of the search')
    .requiredOption(
      '--documents <file>',
      "JSON Lines, each a string or { id, text, score }; '-' reads standard input",
    )
    .option('--model <name>', "'live', 'starter', a model id, a folder or a hub id")
    .option('--top-n <n>', 'maximum number of results; 0 returns all')
    .option(
      '--alpha <alpha>',
      "weight of the model's score against the retrieval score, 0 to 1, or 'auto'",
    )
    .option('--backend <backend>', 'none, cloud or local-learning (AGRO_RERANKER_BACKEND)')
    .option('--strict', 'stop at the first malformed line')
    .addOption(dtypeOption())
    .addHelpText(
      'after',
      `
Examples:
  $ reranker rerank "parse a date" --documents candidates.jsonl
  $ cat candidates.jsonl | reranker rerank "parse a date" --documents - --json`,
    )
    .action(action(rerankGiven));
}

interface RerankOptions {
  readonly documents: string;
  readonly dtype: ModelDtype;
  readonly strict?: boolean;
}

const documentSchema = z.union(
  [
    z.string().transform((text) => ({ text })),
    z.object({
      text: z.string(),
      id: z.union([z.string(), z.number().transform(String)]).optional(),
      score: z.number().optional(),
    }),
  ],
  { error: 'expected a string, or an object with text and optionally id and score' },
);

const rerankGiven: CommandAction<RerankOptions> = async (context, options, [query = '']) => {
  const { settings } = context;
  const { documents, malformed } = await readDocuments(context, options);
  const { results, blended, alpha, model, degraded } = await (settings.backend === 'cloud'
    ? rerankByCloud(context, query, documents)
    : rerankHere(context, query, documents, options));
  if (model !== null && !blended && documents.some(({ score }) => score !== undefined)) {
    context.note('Some documents have no score, so the scores were not blended.');
  }
  const shown = settings.topN === 0 ? results : results.slice(0, settings.topN);
  for (const { score, text, index, id } of shown) {
    const name = id ?? `#${index}`;
    context.print(`${styleText('bold', score.toFixed(4))}  ${name}  ${oneLine(text)}`);
  }
  return {
    query,
    backend: settings.backend,
    model,
    alpha: blended ? alpha : null,
    degraded,
    results: shown,
    malformed,
  };
};

async function rerankHere(
  context: CommandContext,
  query: string,
  documents: readonly SearchedDocument[],
  options: RerankOptions,
) {
  const { backend, dataDir, modelPath } = context.settings;
  const model = backend === 'none' ? null : await resolveModel(dataDir, modelPath);
  const answer = await rerankWith(context, model, query, documents, options);
  return { ...answer, model: model?.id ?? null, degraded: null };
}

/** As a service does. If the cloud fails or is late, the documents keep their order. */
async function rerankByCloud(
  context: CommandContext,
  query: string,
  documents: readonly SearchedDocument[],
) {
  const engine = await RerankEngine.open({
    settings: context.settings,
    onDegraded: ({ message }) => context.note(message),
  });
  const { results, alpha, model, degraded } = await engine.rerank({
    query,
    documents,
    signal: context.signal,
  });
  await engine.close();
  if (degraded !== null) {
    context.note(`Not reranked (${degraded}). The documents are in their original order.`);
  }
  return { results, blended: alpha !== null, alpha, model: model?.id ?? null, degraded };
}

/** Reranks with a model that is opened for this one query. */
async function rerankWith(
  { settings }: Pick<CommandContext, 'settings'>,
  model: ResolvedModel | null,
  query: string,
  documents: readonly SearchedDocument[],
  { dtype }: { readonly dtype: ModelDtype },
) {
  const alpha = servedAlpha(settings.alpha, model?.manifest?.blendAlpha);
  const { maxLength, batch: batchSize } = settings;
  const scorer = model && (await ModelScorer.open(model.path, { dtype, maxLength, batchSize }));
  try {
    return { alpha, ...(await rerankDocuments({ query, documents, model: scorer, alpha })) };
  } finally {
    scorer?.close();
  }
}

async function readDocuments(
  context: CommandContext,
  { documents: path, strict = false }: RerankOptions,
) {
  const { values, malformed } = await readFileOrInput(path, strict);
  noteMalformed(context, malformed);
  if (values.length === 0) {
    throw new UsageError(
      `${path} contains no documents. Expected JSON Lines such as {"id": "a", "text": "..."}.`,
    );
  }
  return { documents: values, malformed };
}

/** Standard input goes through a file, so that it is read the same way. */
async function readFileOrInput(path: string, strict: boolean) {
  const schema = documentSchema as z.ZodType<SearchedDocument>;
  if (path !== '-') return readJsonLines(path, { schema, strict });
  const folder = await mkdtemp(join(tmpdir(), 'reranker-'));
  try {
    const file = join(folder, 'standard-input');
    await writeFile(file, await buffer(process.stdin), { mode: 0o600 });
    return await readJsonLines(file, { schema, strict });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
