/** Mines training records from code, files, an evaluation dataset, or clicks and ratings. */
import { z } from 'zod';
import { clickModelNames } from '../judgments/click-models/index.js';
import { forgetErased } from '../mining/forget-erased.js';
import { fileSourceSchemas, mineFiles } from '../mining/mine-files.js';
import { mineFeedback } from '../mining/sources/feedback.js';
import { fileSource } from '../mining/sources/index.js';
import { storing } from '../mining/sources/source.js';
import { type MinedFiles, minedFiles, resetMined, storeMined } from '../mining/store.js';
import { inChildProcess } from '../processes/heavy-work.js';
import { ModelScorer } from '../processes/model-scorer.js';
import { resolveModel } from '../registry/index.js';
import {
  checkField,
  defineOperation,
  modelNameSchema,
  type NamedPath,
  type OperationContext,
  RequestError,
} from './operation.js';

const time = z.iso.datetime({ offset: true }).optional();
const atLeastOne = z.int().min(1).optional();

export const feedbackSchema = z.strictObject({
  source: z.literal('feedback').optional().describe('clicks and ratings; the default source'),
  click_model: z
    .enum(clickModelNames())
    .optional()
    .describe('the click model that turns clicks into judgments'),
  from: time.describe('only searches since this time'),
  until: time.describe('only searches before this time'),
  minimum_impressions: atLeastOne.describe(
    'minimum impressions before clicks judge a document; the default is 1',
  ),
  minimum_clicks: atLeastOne.describe(
    'minimum clicks that make a document relevant; ratings need none; the default is 1',
  ),
  keywords: z
    .boolean()
    .optional()
    .describe('label documents without feedback by terms that are typical of relevant documents'),
  teacher: modelNameSchema
    .optional()
    .describe("adds teacher scores for MarginMSELoss: 'cloud', 'live', 'starter' or a model id"),
  ...storing,
  mode: storing.mode.describe(
    'the default is replace, regardless of mineMode, because mining reads the whole log',
  ),
});

const schema = z
  .discriminatedUnion('source', [feedbackSchema, ...fileSourceSchemas()])
  .meta({ id: 'MineRequest' });

export type MineRequest = z.output<typeof schema>;
export type MiningCounts = Awaited<ReturnType<typeof mineRecords>>;

export const mine = defineOperation({
  schema,
  examples: {
    feedback: { summary: 'clicks and ratings', value: { source: 'feedback' } },
    code: {
      summary: 'source code below AGRO_RERANKER_SOURCE_ROOTS',
      value: { source: 'code', folders: ['.'] },
    },
  },
  activity: 'mining',
  paths: pathsOf,
  needsDatabase: isOfFeedback,
  async precheck(request, settings) {
    if (!('teacher' in request) || request.teacher === undefined) return;
    const { teacher } = request;
    if (teacher !== CLOUD_TEACHER) {
      await checkField('teacher', () => resolveModel(settings.dataDir, teacher));
    } else if (settings.cloudApiKey === null) {
      throw new RequestError(
        'conflict',
        'teacher',
        `The teacher 'cloud' needs an API key for ${settings.cloudUrl}. Set COHERE_API_KEY and restart, or name a model as the teacher.`,
      );
    }
  },
  run: mineRecords,
});

function pathsOf(request: MineRequest): NamedPath[] {
  if (isOfFeedback(request)) return [];
  return Object.entries(fileSource(request.source).paths(request)).flatMap(([field, paths = []]) =>
    typeof paths === 'string'
      ? [{ field, path: paths }]
      : paths.map((path, index) => ({ field: `${field}.${index}`, path })),
  );
}

const mineFilesInChild = inChildProcess(
  new URL('../mining/mine-files.js', import.meta.url).href,
  mineFiles,
);

export async function mineRecords(request: MineRequest, context: OperationContext) {
  const { settings, signal } = context;
  const files = minedFiles(settings.dataDir, settings.tripletsPath);
  const reset = request.reset ?? settings.mineReset;
  const found = isOfFeedback(request)
    ? await mineAndStoreFeedback(request, context, { files, reset })
    : await mineFilesInChild(
        {
          dataDir: settings.dataDir,
          request,
          files,
          reset,
          mode: request.mode ?? settings.mineMode,
        },
        { signal, onProgress: context.progress },
      );
  const counts = { source: request.source ?? 'feedback', ...found };
  await context.event('mined', counts);
  return counts;
}

type FeedbackRequest = Extract<MineRequest, { source?: 'feedback' | undefined }>;
function isOfFeedback(request: MineRequest): request is FeedbackRequest {
  return request.source === undefined || request.source === 'feedback';
}

async function mineAndStoreFeedback(
  request: FeedbackRequest,
  context: OperationContext,
  { files, reset }: { readonly files: MinedFiles; readonly reset: boolean },
) {
  const { signal } = context;
  const teacher =
    request.teacher === undefined ? null : await openTeacher(request.teacher, context);
  try {
    const { records, corpus, samples, report } = await mineFeedback(context.database(), {
      clickModel: request.click_model,
      from: request.from === undefined ? undefined : new Date(request.from),
      until: request.until === undefined ? undefined : new Date(request.until),
      minimumImpressions: request.minimum_impressions,
      minimumClicks: request.minimum_clicks,
      keywords: request.keywords,
      teacher: teacher?.teacher,
      signal,
      onProgress: (share) => context.progress({ share, message: 'getting teacher scores' }),
    });
    if (reset) await resetMined(files);
    // The new records come from the whole log, so they replace the earlier ones.
    await storeMined(files, 'feedback', { records, corpus, samples }, request.mode ?? 'replace');
    // A user may have been erased since the log was read.
    await forgetErased(context.database(), files);
    return {
      records: records.length,
      corpus: corpus.length,
      samples: samples.length,
      ...report,
    };
  } finally {
    teacher?.close();
  }
}

/** The teacher's name for the cloud's reranker. */
const CLOUD_TEACHER = 'cloud';

/** Opens a teacher. A model is named by its id, because stored scores belong to one model. */
async function openTeacher(name: string, { settings, signal, cloudTeacher }: OperationContext) {
  if (name === CLOUD_TEACHER && cloudTeacher) {
    return { teacher: cloudTeacher(signal), close: () => undefined };
  }
  const { id, path } = await resolveModel(settings.dataDir, name);
  const scorer = await ModelScorer.open(path, { maxLength: settings.maxLength });
  return {
    teacher: {
      name: id,
      score: async (pairs: readonly { query: string; document: string }[]) =>
        Array.from(await scorer.predict(pairs.map(({ query, document }) => [query, document]))),
    },
    close: () => scorer.close(),
  };
}
