/** Exports searches, judgments and training records for other tools. A file or folder appears complete or not at all. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { fitsBeir, readBeirTexts, writeBeir } from '../../exchange/beir.js';
import type { ReadRow, TextPortions } from '../../exchange/lines.js';
import { readQrels } from '../../exchange/trec.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { type WindowOptions, windowOf } from '../option-values.js';
import { type ServiceConnection, withService } from '../service-connection.js';

export const exportJudgments: CommandAction<WindowOptions & { output?: string }> = async (
  context,
  { output, ...options },
  [format = ''],
) => {
  if (format === 'beir') {
    if (output !== undefined) return exportBeir(context, options, output);
    throw new UsageError('The format beir is a folder of files. Name it with --output <folder>.');
  }
  await withService(context, async (service) => {
    const bytes = await streamOf(service, format, options);
    if (output === undefined) await pipeline(bytes, process.stdout, { end: false });
    else await writeFileAtomically(output, bytes);
  });
  if (output !== undefined) context.note(`Wrote ${output}.`);
  return undefined;
};

/** Leaves out judgments of documents without text, which an evaluation cannot read, and ids that break lines. */
async function exportBeir(context: CommandContext, options: WindowOptions, folder: string) {
  const set = await withService(context, async (service) => {
    const text = async (format: string, narrowed: WindowOptions) =>
      (await streamOf(service, format, narrowed)).setEncoding('utf8');
    const { from, until } = options;
    const window = { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
    return {
      qrels: await valuesOf(readQrels, await text('qrels', options)),
      corpus: await valuesOf(readBeirTexts, await text('corpus', window)),
      queries: await valuesOf(readBeirTexts, await text('queries', window)),
    };
  });
  const corpus = set.corpus.filter(({ id }) => fitsBeir(id));
  const documents = new Set(corpus.map(({ id }) => id));
  const queries = new Set(set.queries.map(({ id }) => id));
  const test = set.qrels.filter(
    ({ queryId, documentId }) => queries.has(queryId) && documents.has(documentId),
  );
  await writeBeir(folder, { corpus, queries: set.queries, qrels: { test } });
  const counts = {
    queries: set.queries.length,
    corpus: corpus.length,
    judgments: test.length,
    left_out: set.qrels.length - test.length,
    documents_left_out: set.corpus.length - corpus.length,
  };
  context.print(
    `${counts.queries} queries, ${counts.corpus} documents, ${counts.judgments} judgments written to ${folder}; ` +
      `${counts.left_out} judgments were left out: their documents have no text, or an id with a tab or line break.`,
  );
  return { ...counts, path: folder };
}

async function streamOf(
  service: ServiceConnection,
  format: string,
  options: WindowOptions,
): Promise<Readable> {
  const path = `/api/judgments/export/${format}?${windowOf(options)}`;
  return Readable.fromWeb((await service.stream(path)) as import('stream/web').ReadableStream);
}

async function valuesOf<Value>(
  read: (text: TextPortions) => AsyncIterable<ReadRow<Value>>,
  text: TextPortions,
): Promise<Value[]> {
  const values: Value[] = [];
  for await (const { value } of read(text)) values.push(value);
  return values;
}
