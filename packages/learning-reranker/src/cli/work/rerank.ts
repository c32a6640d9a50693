/** Orders documents for a query. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { styleText } from 'node:util';
import { z } from 'zod';
import { blend } from '../../comparison/index.js';
import { cleanText } from '../../records/clean-text.js';
import { type ResolvedModel, resolveModel } from '../../registry/index.js';
import { type ModelDtype, ModelScorer } from '../../runs/index.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';

interface RerankOptions {
  readonly documents: string;
  readonly dtype: string;
}

const documentSchema = z.union([
  z.string().transform((value) => ({ text: value })),
  z.object({ text: z.string(), id: z.string().optional(), score: z.number().optional() }),
]);

export interface RerankDocument {
  readonly text: string;
  readonly id?: string | undefined;
  /** The score the search gave it. */
  readonly score?: number | undefined;
}

export interface RerankedDocument {
  /** Its place in what was given. */
  readonly index: number;
  readonly id?: string | undefined;
  /** What orders: the blend, or the model's score where the documents have no retrieval scores. */
  readonly score: number;
  /** The model's own score, 0 to 1. */
  readonly relevanceScore: number;
  readonly text: string;
}

export const rerank: CommandAction<RerankOptions> = async (context, options, [query = '']) => {
  const { settings } = context;
  const documents = await readDocuments(options.documents);
  if (settings.backend === 'cloud') {
    throw new UsageError(
      'the cloud backend is not part of this version; set AGRO_RERANKER_BACKEND to local-learning or none',
    );
  }
  const results =
    settings.backend === 'none'
      ? documents.map(({ id, text: content, score = 0 }, index) => ({
          index,
          id,
          score,
          relevanceScore: 0,
          text: content,
        }))
      : await rerankDocuments(
          context,
          await resolveModel(settings.dataDir, settings.modelPath),
          query,
          documents,
          options.dtype,
        );
  const shown = settings.topN === 0 ? results : results.slice(0, settings.topN);
  for (const { score, text: content, index, id } of shown) {
    const name = id ?? `#${index}`;
    context.print(`${styleText('bold', score.toFixed(4))}  ${name}  ${oneLine(content)}`);
  }
  return { query, backend: settings.backend, model: settings.modelPath, results: shown };
};

/** The model's order, blended with the retrieval scores where all documents have one. */
export async function rerankDocuments(
  { settings }: Pick<CommandContext, 'settings'>,
  model: ResolvedModel,
  query: string,
  documents: readonly RerankDocument[],
  dtype: string,
): Promise<RerankedDocument[]> {
  const scorer = await ModelScorer.open(model.path, {
    dtype: dtype as ModelDtype,
    maxLength: settings.maxLength,
    batchSize: settings.batch,
  });
  let relevance: number[];
  try {
    relevance = Array.from(
      await scorer.predict(documents.map(({ text: content }) => [query, content] as const)),
    );
  } finally {
    scorer.close();
  }
  const alpha = settings.alpha === 'auto' ? (model.manifest?.blendAlpha ?? 1) : settings.alpha;
  const retrieval = documents.map(({ score }) => score);
  const blended = retrieval.every((score) => score !== undefined)
    ? blend(relevance, retrieval as number[], alpha)
    : relevance;
  return documents
    .map(({ text: content, id }, index) => ({
      index,
      id,
      score: blended[index] as number,
      relevanceScore: relevance[index] as number,
      text: content,
    }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
}

async function readDocuments(path: string): Promise<RerankDocument[]> {
  const content = path === '-' ? await text(process.stdin) : await readText(path);
  const documents: RerankDocument[] = [];
  for (const [index, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = documentSchema.safeParse(parseLine(line));
    if (!parsed.success) {
      throw new UsageError(
        `${path}, line ${index + 1}: expected a JSON string or an object with text, and id and score where known`,
      );
    }
    documents.push({ ...parsed.data, text: cleanText(parsed.data.text) });
  }
  if (documents.length === 0) throw new UsageError(`${path} has no documents`);
  return documents;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function oneLine(content: string, width = 100): string {
  return content.replace(/\s+/g, ' ').trim().slice(0, width);
}
