/** All settings: one schema for options, environment, `.env`, file, reference and help. */
import { lossDescriptions } from '@learning-reranker/cross-encoder/descriptions';
import { z } from 'zod';

/** Accepts the text `1` of an environment variable, and the number `1` or `true` of a JSON file. */
const flag = z
  .preprocess(
    (value) => (['boolean', 'number'].includes(typeof value) ? String(value) : value),
    z.string().trim().toLowerCase(),
  )
  .pipe(z.enum(['0', '1', 'true', 'false', 'on', 'off']))
  .transform((value) => value === '1' || value === 'true' || value === 'on');
/** Converts a text to a number. `true` or a list stays as it is, so that the schema refuses it. */
const numeric = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), schema);
const number = (minimum: number, maximum: number) => numeric(z.number().min(minimum).max(maximum));
const whole = (minimum: number, maximum: number) =>
  numeric(z.number().int().min(minimum).max(maximum));

/** Refuses a user and a password, since addresses are shown and logged. The key has its own setting. */
function hasNoSecret(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}

/** A setting's description; its schema is beside it. */
export interface SettingDescription {
  /** The environment variable. */
  readonly environment: string;
  /** The command-line option without its leading dashes, if a command has one. */
  readonly option?: string;
  readonly description: string;
  /** The values that are allowed, in words. */
  readonly values: string;
  /** Old names, read with a warning. */
  readonly aliases?: readonly string[];
  /** Output says only whether a secret is set, never its value. */
  readonly secret?: boolean;
  /** A running service applies a change at once. Without it, a change applies from the next start. */
  readonly atOnce?: boolean;
  /** Old values, by their new ones. */
  readonly oldValues?: Readonly<Record<string, string>>;
}

function setting<Schema extends z.ZodType>(
  schema: Schema,
  fallback: z.input<Schema>,
  description: SettingDescription,
) {
  return { schema, fallback, ...description };
}

/** `serving/backends/index.ts` has one backend for each name. */
const backendNames = ['none', 'cloud', 'local-learning'] as const;

export const settingDefinitions = {
  loss: setting(z.string().min(1), 'softmax', {
    environment: 'AGRO_RERANKER_LOSS',
    option: 'loss',
    description: 'The loss to train with: an SBERT class name or a short name.',
    values: `${lossDescriptions.map(({ alias }) => alias).join(', ')}, or a class name`,
    atOnce: true,
  }),
  backend: setting(z.enum(backendNames), 'local-learning', {
    environment: 'AGRO_RERANKER_BACKEND',
    option: 'backend',
    description: 'What ranks the documents: nothing, a cloud service, or the model trained here.',
    values: backendNames.join(', '),
    aliases: ['RERANKER_BACKEND', 'RERANK_BACKEND', 'AGRO_RERANKER_ENABLED'],
    // AGRO_RERANKER_ENABLED=1 does not name a backend.
    oldValues: {
      local: 'local-learning',
      cohere: 'cloud',
      hf: 'local-learning',
      voyage: 'cloud',
      0: 'none',
      1: '',
    },
  }),
  modelPath: setting(z.string().min(1), 'live', {
    environment: 'AGRO_RERANKER_MODEL_PATH',
    option: 'model',
    description:
      "The model that ranks: 'live', 'starter', a model id, a folder or a Hugging Face id.",
    values: 'a name or a path',
    aliases: ['RERANKER_MODEL'],
  }),
  alpha: setting(z.union([z.literal('auto'), number(0, 1)]), 0.7, {
    environment: 'AGRO_RERANKER_ALPHA',
    option: 'alpha',
    description:
      "Weight of the model's score in the blend with the retrieval score; both are scaled to 0..1. 'auto' uses the weight that was best on the model's dev queries.",
    values: '0 to 1, or auto',
    atOnce: true,
  }),
  topN: setting(whole(0, 10_000), 0, {
    environment: 'AGRO_RERANKER_TOPN',
    option: 'top-n',
    description: 'Maximum number of documents in an answer; 0 returns all.',
    values: '0 to 10000',
    atOnce: true,
  }),
  batch: setting(whole(1, 1024), 16, {
    environment: 'AGRO_RERANKER_BATCH',
    description: 'Pairs that the model scores at once. Changes the speed, never a score.',
    values: '1 to 1024',
  }),
  maxLength: setting(whole(8, 8192), 512, {
    environment: 'AGRO_RERANKER_MAXLEN',
    description: 'Maximum number of tokens in a pair when reranking.',
    values: '8 to 8192',
  }),
  dtype: setting(z.enum(['fp32', 'int8']), 'fp32', {
    environment: 'AGRO_RERANKER_DTYPE',
    description: 'Number format that the served model computes in; int8 is faster.',
    values: 'fp32, int8',
  }),
  timeoutMs: setting(whole(1, 3_600_000), 10_000, {
    environment: 'AGRO_RERANKER_TIMEOUT_MS',
    description:
      'Milliseconds that the service waits for the model. After that it answers in the original order.',
    values: '1 to 3600000',
    atOnce: true,
  }),
  cloudUrl: setting(z.url({ protocol: /^https?$/ }).refine(hasNoSecret), 'https://api.cohere.com', {
    environment: 'AGRO_RERANKER_CLOUD_URL',
    description: 'Base URL of the cloud backend; requests go to its /v2/rerank.',
    values: 'a URL that begins with http:// or https://, without a password',
  }),
  cloudModel: setting(z.string().min(1), 'rerank-v3.5', {
    environment: 'AGRO_RERANKER_CLOUD_MODEL',
    description: 'Model name to send to the cloud backend.',
    values: 'a name',
    aliases: ['COHERE_RERANK_MODEL'],
  }),
  cloudApiKey: setting(z.string().min(1).nullable(), null, {
    environment: 'COHERE_API_KEY',
    description: 'API key of the cloud backend.',
    values: 'a key',
    secret: true,
  }),
  cloudAllowPrivate: setting(flag, false, {
    environment: 'AGRO_RERANKER_CLOUD_ALLOW_PRIVATE',
    description: 'Whether the cloud backend may have a private network address.',
    values: '0 or 1',
  }),
  reloadOnChange: setting(flag, true, {
    environment: 'AGRO_RERANKER_RELOAD_ON_CHANGE',
    description: 'Whether the service loads a newly promoted model at once or at its next start.',
    values: '0 or 1',
  }),
  reloadPeriodSec: setting(whole(1, 86_400), 60, {
    environment: 'AGRO_RERANKER_RELOAD_PERIOD_SEC',
    description: 'Seconds between checks for a new live model, in addition to file notifications.',
    values: '1 to 86400',
    aliases: ['AGRO_RERANKER_RELOAD_INTERVAL'],
  }),
  mineMode: setting(z.enum(['append', 'replace']), 'append', {
    environment: 'AGRO_RERANKER_MINE_MODE',
    option: 'mine-mode',
    description:
      'Whether mining code and files adds to their earlier training records or replaces them. Mining feedback always reads the whole log and replaces its own earlier records.',
    values: 'append, replace',
    aliases: ['TRIPLETS_MINE_MODE'],
    atOnce: true,
  }),
  mineReset: setting(flag, false, {
    environment: 'AGRO_RERANKER_MINE_RESET',
    description: 'Whether mining first removes all earlier training records.',
    values: '0 or 1',
    atOnce: true,
  }),
  tripletsPath: setting(z.string().min(1).nullable(), null, {
    environment: 'AGRO_TRIPLETS_PATH',
    description:
      'File of mined training records; the default is triplets.jsonl in the data folder.',
    values: 'a path',
  }),
  logPath: setting(z.string().min(1).nullable(), null, {
    environment: 'AGRO_LOG_PATH',
    description:
      "Log of queries and feedback of the older product. 'reranker import' reads it if you name no file.",
    values: 'a path',
  }),
  serviceLogPath: setting(z.string().min(1).nullable(), null, {
    environment: 'AGRO_RERANKER_SERVICE_LOG',
    description: 'File for the log of the service; the default is standard error.',
    values: 'a path',
  }),
  logLevel: setting(z.enum(['silent', 'error', 'warn', 'info', 'debug']), 'info', {
    environment: 'AGRO_RERANKER_LOG_LEVEL',
    description: 'Lowest level that the service logs. debug includes every step of a training.',
    values: 'silent, error, warn, info, debug',
  }),
  dataDir: setting(z.string().min(1), '.learning-reranker', {
    environment: 'AGRO_RERANKER_DATA_DIR',
    option: 'data-dir',
    description: 'Folder for datasets, trainings and models.',
    values: 'a path',
  }),
  host: setting(z.string().min(1), '127.0.0.1', {
    environment: 'AGRO_RERANKER_HOST',
    option: 'host',
    description:
      'Address that the service listens on. If other machines can reach it, every caller needs a key.',
    values: 'an address',
  }),
  port: setting(whole(0, 65_535), 8012, {
    environment: 'AGRO_RERANKER_PORT',
    option: 'port',
    description: 'Port that the service listens on; 0 picks a free one.',
    values: '0 to 65535',
  }),
  allowedHosts: setting(z.string(), '', {
    environment: 'AGRO_RERANKER_ALLOWED_HOSTS',
    description:
      'Additional host names, separated by commas, that a request may use. The service refuses others to protect against DNS rebinding.',
    values: 'host names',
  }),
  sourceRoots: setting(z.string().min(1), '.', {
    environment: 'AGRO_RERANKER_SOURCE_ROOTS',
    description: 'Folders, separated by commas, from which API callers may mine and import files.',
    values: 'paths',
    atOnce: true,
  }),
  databaseUrl: setting(z.string().min(1).nullable(), null, {
    environment: 'DATABASE_URL',
    description:
      'PostgreSQL database of the service; the default is an embedded database in the data folder.',
    values: 'postgresql://…',
    secret: true,
  }),
  emitMetrics: setting(flag, true, {
    environment: 'AGRO_RERANKER_EMIT_METRICS',
    description: 'Whether /metrics includes the margin and the winner of each evaluation.',
    values: '0 or 1',
  }),
  enableMnr: setting(flag, false, {
    environment: 'AGRO_RERANKER_ENABLE_MNR',
    description: 'Enables MultipleNegativesRankingLoss.',
    values: '0 or 1',
    atOnce: true,
  }),
  enableMarginMse: setting(flag, false, {
    environment: 'AGRO_RERANKER_ENABLE_MARGIN_MSE',
    description: 'Enables MarginMSELoss.',
    values: '0 or 1',
    atOnce: true,
  }),
  epochs: setting(z.union([z.literal('auto'), number(0.01, 100)]), 'auto', {
    environment: 'RERANKER_TRAIN_EPOCHS',
    option: 'epochs',
    description:
      "Passes over the training records. 'auto' makes one pass, or up to three if there are fewer than 1,500 records.",
    values: '0.01 to 100, or auto',
    atOnce: true,
  }),
  trainBatch: setting(whole(1, 1024), 16, {
    environment: 'RERANKER_TRAIN_BATCH',
    option: 'batch-size',
    description: 'Rows in a training batch.',
    values: '1 to 1024',
    atOnce: true,
  }),
  learningRate: setting(number(1e-8, 1), 2e-5, {
    environment: 'RERANKER_TRAIN_LR',
    option: 'learning-rate',
    description: 'Peak learning rate of the schedule.',
    values: '1e-8 to 1',
    atOnce: true,
  }),
  warmupRatio: setting(number(0, 0.9), 0.1, {
    environment: 'RERANKER_WARMUP_RATIO',
    option: 'warmup-ratio',
    description: 'Share of all updates over which the learning rate rises from 0.',
    values: '0 to 0.9',
    atOnce: true,
  }),
  trainMaxLength: setting(whole(8, 8192), 256, {
    environment: 'RERANKER_TRAIN_MAX_LENGTH',
    option: 'max-length',
    description: 'Maximum number of tokens in a pair when training.',
    values: '8 to 8192',
    atOnce: true,
  }),
} as const;

export type SettingKey = keyof typeof settingDefinitions;

export type Settings = {
  readonly [Key in SettingKey]: z.output<(typeof settingDefinitions)[Key]['schema']>;
};

export const settingKeys = Object.keys(settingDefinitions) as SettingKey[];

/** The description of a setting, with its optional fields. */
export const describedSetting = (key: SettingKey): SettingDescription => settingDefinitions[key];
