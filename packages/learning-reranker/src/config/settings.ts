/** Every setting there is: one schema for flags, environment, `.env`, file, reference and help. */
import { z } from 'zod';

/** `1` of an environment is a text, `1` and `true` of a JSON file are not: all say yes. */
const flag = z
  .preprocess(
    (value) => (['boolean', 'number'].includes(typeof value) ? String(value) : value),
    z.string().trim().toLowerCase(),
  )
  .pipe(z.enum(['0', '1', 'true', 'false', 'on', 'off']))
  .transform((value) => value === '1' || value === 'true' || value === 'on');
/** Only a text is turned into a number: `true` or a list is a mistake, not 1 or 0. */
const numeric = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), schema);
const number = (minimum: number, maximum: number) => numeric(z.number().min(minimum).max(maximum));
const whole = (minimum: number, maximum: number) =>
  numeric(z.number().int().min(minimum).max(maximum));

/** An address is shown and logged; the key has a setting of its own. */
function hasNoSecret(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}

/** What a setting says about itself beside its schema. */
export interface SettingDescription {
  /** The environment variable. */
  readonly environment: string;
  /** The command-line option, without dashes in front, where a command has one. */
  readonly option?: string;
  readonly description: string;
  /** What may be given, in words. */
  readonly values: string;
  /** Names of older set-ups, read with a warning. */
  readonly aliases?: readonly string[];
  /** Never shown: only whether it is set. */
  readonly secret?: boolean;
  /** Looked at whenever it is used: a running service takes a change over. Others count from the next start. */
  readonly atOnce?: boolean;
  /** What older set-ups called the values. */
  readonly oldValues?: Readonly<Record<string, string>>;
}

function setting<Schema extends z.ZodType>(
  schema: Schema,
  fallback: z.input<Schema>,
  description: SettingDescription,
) {
  return { schema, fallback, ...description };
}

export const settingDefinitions = {
  loss: setting(z.string().min(1), 'softmax', {
    environment: 'AGRO_RERANKER_LOSS',
    option: 'loss',
    description: 'The loss to train with, by its SBERT class name or its short name.',
    values: 'softmax, bce, mnr, margin-mse, or a class name',
    atOnce: true,
  }),
  backend: setting(z.enum(['none', 'cloud', 'local-learning']), 'local-learning', {
    environment: 'AGRO_RERANKER_BACKEND',
    option: 'backend',
    description: 'What reranks: nothing, a cloud service, or the model learned here.',
    values: 'none, cloud, local-learning',
    aliases: ['RERANKER_BACKEND', 'RERANK_BACKEND', 'AGRO_RERANKER_ENABLED'],
    // AGRO_RERANKER_ENABLED=1 says nothing of what reranks.
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
    description: "The model that reranks: 'live', 'starter', a model id, a folder or a hub id.",
    values: 'a name or a path',
    aliases: ['RERANKER_MODEL'],
  }),
  alpha: setting(z.union([z.literal('auto'), number(0, 1)]), 0.7, {
    environment: 'AGRO_RERANKER_ALPHA',
    option: 'alpha',
    description:
      "Weight of the model's score against the retrieval score, both on 0..1; 'auto' takes the weight found best on the model's dev queries.",
    values: '0 to 1, or auto',
    atOnce: true,
  }),
  topN: setting(whole(0, 10_000), 0, {
    environment: 'AGRO_RERANKER_TOPN',
    option: 'top-n',
    description: 'Documents to give back; 0 is all.',
    values: '0 to 10000',
    atOnce: true,
  }),
  batch: setting(whole(1, 1024), 16, {
    environment: 'AGRO_RERANKER_BATCH',
    description: 'Pairs the model scores in one run; it changes speed, never a score.',
    values: '1 to 1024',
  }),
  maxLength: setting(whole(8, 8192), 512, {
    environment: 'AGRO_RERANKER_MAXLEN',
    description: 'Tokens of a pair at most when reranking.',
    values: '8 to 8192',
  }),
  dtype: setting(z.enum(['fp32', 'int8']), 'fp32', {
    environment: 'AGRO_RERANKER_DTYPE',
    description: 'What the served model computes in: 8-bit integers are faster.',
    values: 'fp32, int8',
  }),
  timeoutMs: setting(whole(1, 3_600_000), 10_000, {
    environment: 'AGRO_RERANKER_TIMEOUT_MS',
    description:
      'Milliseconds after which a service answers in the original order, if the model has not by then.',
    values: '1 to 3600000',
    atOnce: true,
  }),
  cloudUrl: setting(z.url({ protocol: /^https?$/ }).refine(hasNoSecret), 'https://api.cohere.com', {
    environment: 'AGRO_RERANKER_CLOUD_URL',
    description: "Where the cloud backend's /v2/rerank is.",
    values: 'an address that begins with http:// or https://, without a password',
  }),
  cloudModel: setting(z.string().min(1), 'rerank-v3.5', {
    environment: 'AGRO_RERANKER_CLOUD_MODEL',
    description: 'The model that the cloud backend is asked for.',
    values: 'a name',
    aliases: ['COHERE_RERANK_MODEL'],
  }),
  cloudApiKey: setting(z.string().min(1).nullable(), null, {
    environment: 'COHERE_API_KEY',
    description: 'The key of the cloud backend.',
    values: 'a key',
    secret: true,
  }),
  cloudAllowPrivate: setting(flag, false, {
    environment: 'AGRO_RERANKER_CLOUD_ALLOW_PRIVATE',
    description: 'Whether the cloud backend may be at a private address, such as one of your own.',
    values: '0 or 1',
  }),
  reloadOnChange: setting(flag, true, {
    environment: 'AGRO_RERANKER_RELOAD_ON_CHANGE',
    description:
      'Whether a service takes up a newly promoted model by itself; else it does at its next start.',
    values: '0 or 1',
  }),
  reloadPeriodSec: setting(whole(1, 86_400), 60, {
    environment: 'AGRO_RERANKER_RELOAD_PERIOD_SEC',
    description: 'Seconds between looks at what is live, beside hearing of changes.',
    values: '1 to 86400',
    aliases: ['AGRO_RERANKER_RELOAD_INTERVAL'],
  }),
  mineMode: setting(z.enum(['append', 'replace']), 'append', {
    environment: 'AGRO_RERANKER_MINE_MODE',
    option: 'mine-mode',
    description:
      'Whether mining code and files adds to what was mined of them before or replaces it. Mining feedback reads the whole log anew each time and replaces what it gave before, whatever stands here.',
    values: 'append, replace',
    aliases: ['TRIPLETS_MINE_MODE'],
    atOnce: true,
  }),
  mineReset: setting(flag, false, {
    environment: 'AGRO_RERANKER_MINE_RESET',
    description: 'Whether mining begins by removing what was mined before.',
    values: '0 or 1',
    atOnce: true,
  }),
  tripletsPath: setting(z.string().min(1).nullable(), null, {
    environment: 'AGRO_TRIPLETS_PATH',
    description:
      'The file of mined training records; triplets.jsonl in the data folder when not set.',
    values: 'a path',
  }),
  logPath: setting(z.string().min(1).nullable(), null, {
    environment: 'AGRO_LOG_PATH',
    description:
      "An older set-up's log of queries and feedback: what 'reranker import' reads where no file is named.",
    values: 'a path',
  }),
  serviceLogPath: setting(z.string().min(1).nullable(), null, {
    environment: 'AGRO_RERANKER_SERVICE_LOG',
    description: "The file of a service's own log lines; standard error when not set.",
    values: 'a path',
  }),
  logLevel: setting(z.enum(['silent', 'error', 'warn', 'info', 'debug']), 'info', {
    environment: 'AGRO_RERANKER_LOG_LEVEL',
    description: 'From which level on the service logs; debug tells every step of a training.',
    values: 'silent, error, warn, info, debug',
  }),
  dataDir: setting(z.string().min(1), '.learning-reranker', {
    environment: 'AGRO_RERANKER_DATA_DIR',
    option: 'data-dir',
    description: 'The folder of datasets, runs and models.',
    values: 'a path',
  }),
  host: setting(z.string().min(1), '127.0.0.1', {
    environment: 'AGRO_RERANKER_HOST',
    option: 'host',
    description:
      'The address the service listens on; beyond this machine it asks every caller for a key.',
    values: 'an address',
  }),
  port: setting(whole(0, 65_535), 8012, {
    environment: 'AGRO_RERANKER_PORT',
    option: 'port',
    description: 'The port the service listens on; 0 takes any that is free.',
    values: '0 to 65535',
  }),
  allowedHosts: setting(z.string(), '', {
    environment: 'AGRO_RERANKER_ALLOWED_HOSTS',
    description:
      'Names, by commas, under which the service may be called beside its own address: what a browser was tricked to call it by is refused.',
    values: 'host names',
  }),
  sourceRoots: setting(z.string().min(1), '.', {
    environment: 'AGRO_RERANKER_SOURCE_ROOTS',
    description:
      'Folders, by commas, below which callers of the service may have files mined and imported.',
    values: 'paths',
    atOnce: true,
  }),
  databaseUrl: setting(z.string().min(1).nullable(), null, {
    environment: 'DATABASE_URL',
    description:
      'The PostgreSQL database of the service; an embedded one in the data folder when not set.',
    values: 'postgresql://…',
    secret: true,
  }),
  emitMetrics: setting(flag, true, {
    environment: 'AGRO_RERANKER_EMIT_METRICS',
    description: "Whether an evaluation's margin over its baseline and its winner become metrics.",
    values: '0 or 1',
  }),
  enableMnr: setting(flag, false, {
    environment: 'AGRO_RERANKER_ENABLE_MNR',
    description: 'Feature flag of MultipleNegativesRankingLoss.',
    values: '0 or 1',
    atOnce: true,
  }),
  enableMarginMse: setting(flag, false, {
    environment: 'AGRO_RERANKER_ENABLE_MARGIN_MSE',
    description: 'Feature flag of MarginMSELoss.',
    values: '0 or 1',
    atOnce: true,
  }),
  epochs: setting(z.union([z.literal('auto'), number(0.01, 100)]), 'auto', {
    environment: 'RERANKER_TRAIN_EPOCHS',
    option: 'epochs',
    description:
      "Passes over the training records; 'auto' makes one over many records and up to three over few.",
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
    description: 'The highest learning rate of the schedule.',
    values: '1e-8 to 1',
    atOnce: true,
  }),
  warmupRatio: setting(number(0, 0.9), 0.1, {
    environment: 'RERANKER_WARMUP_RATIO',
    option: 'warmup-ratio',
    description: 'Share of all updates over which the learning rate rises.',
    values: '0 to 0.9',
    atOnce: true,
  }),
  trainMaxLength: setting(whole(8, 8192), 256, {
    environment: 'RERANKER_TRAIN_MAX_LENGTH',
    option: 'max-length',
    description: 'Tokens of a pair at most when training.',
    values: '8 to 8192',
    atOnce: true,
  }),
} as const;

export type SettingKey = keyof typeof settingDefinitions;

export type Settings = {
  readonly [Key in SettingKey]: z.output<(typeof settingDefinitions)[Key]['schema']>;
};

export const settingKeys = Object.keys(settingDefinitions) as SettingKey[];
