/**
 * Writes the model card, README.md of a saved model, from facts about its training. It never contains
 * text of the training data, so a shared model folder reveals none.
 */

/** One measured value, with its bootstrap interval where there is one. */
export interface CardMetric {
  /** SBERT's key, such as `ndcg@10`. */
  readonly name: string;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number];
  /** The same metric of the base model or of BM25, for comparison. */
  readonly baseline?: number;
}

/** One evaluation: the dataset, by hash and size, and the metrics. */
export interface CardEvaluation {
  /** One of this program's own names, such as `test`; never a user's text. */
  readonly name: string;
  readonly evaluationHash: string;
  /** How many queries or pairs. */
  readonly count: number;
  readonly metrics: readonly CardMetric[];
}

/** The content of a model card: numbers, hashes and this program's own names, never user text. */
export interface ModelCardFacts {
  readonly modelType: string;
  readonly numLabels: number;
  readonly maxLength: number;
  readonly activation: 'Sigmoid' | 'Identity';
  /** SPDX id of the licence the weights inherit from the base model, such as `apache-2.0`. */
  readonly license?: string;
  /** Hub id of the base model; anything that is not one, such as a path, is left out. */
  readonly baseModel?: string;
  readonly loss?: {
    /** The class in `sentence_transformers.cross_encoder.losses`. */
    readonly name: string;
    readonly parameters: Readonly<Record<string, number | boolean | string | null>>;
  };
  readonly dataset?: { readonly hash: string; readonly size: number };
  readonly seed?: number;
  readonly evaluations?: readonly CardEvaluation[];
  /** Training arguments by SBERT's names; texts longer than a word or two are left out. */
  readonly trainingArguments?: Readonly<Record<string, number | boolean | string | null>>;
  /** Versions by package. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** Writes the card: YAML front matter for the hub, then Markdown. Equal facts give equal text. */
export function modelCard(facts: ModelCardFacts): string {
  const sections = [
    frontMatter(facts),
    introduction(facts),
    usage(facts),
    evaluations(facts.evaluations ?? []),
    training(facts),
    table('Versions', ['package', 'version'], Object.entries(facts.versions ?? {})),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function frontMatter(facts: ModelCardFacts): string {
  const { license, loss, dataset } = facts;
  const baseModel = publicBaseModel(facts);
  const tags = ['sentence-transformers', 'cross-encoder', 'reranker'];
  if (dataset) tags.push(`dataset_size:${dataset.size}`);
  if (loss) tags.push(`loss:${word(loss.name)}`);
  const metrics = new Set(
    (facts.evaluations ?? []).flatMap((evaluation) =>
      evaluation.metrics.map((metric) => word(metric.name)),
    ),
  );
  return [
    '---',
    ...(license && isLicense(license) ? [`license: ${license}`] : []),
    'library_name: sentence-transformers',
    `pipeline_tag: ${facts.numLabels === 1 ? 'text-ranking' : 'text-classification'}`,
    ...(baseModel ? [`base_model: ${baseModel}`] : []),
    ...list('tags', tags),
    ...list('metrics', [...metrics]),
    '---',
  ].join('\n');
}

function introduction(facts: ModelCardFacts): string {
  const baseModel = publicBaseModel(facts);
  const from = baseModel
    ? `, trained from [${baseModel}](https://huggingface.co/${baseModel})`
    : '';
  const output =
    facts.numLabels === 1
      ? 'one score: the higher it is, the more relevant the document'
      : `${facts.numLabels} class logits; class 1 of two is "relevant"`;
  return [
    `# Cross-encoder${baseModel ? ` from ${baseModel.split('/').at(-1)}` : ''}`,
    `A reranker of the ${plain(facts.modelType)} family${from}. It reads a query and a document together and gives ${output}.`,
    [
      `- Maximum sequence length: ${facts.maxLength} tokens, query and document together`,
      `- Number of labels: ${facts.numLabels}`,
      `- Activation at prediction: ${facts.activation}`,
    ].join('\n'),
  ].join('\n\n');
}

function usage(facts: ModelCardFacts): string {
  const python = [
    'from sentence_transformers import CrossEncoder',
    '',
    'model = CrossEncoder("path/to/this/folder")',
    'scores = model.predict([("query", "first document"), ("query", "second document")])',
  ];
  const node = [
    "import { CrossEncoder } from '@learning-reranker/cross-encoder';",
    '',
    "const model = await CrossEncoder.load('path/to/this/folder');",
    facts.numLabels === 1
      ? "const ranked = await model.rank('query', ['first document', 'second document']);"
      : "const scores = await model.predict([['query', 'a document']]);",
  ];
  return ['## Usage', fenced('js', node), fenced('python', python)].join('\n\n');
}

function evaluations(all: readonly CardEvaluation[]): string {
  if (all.length === 0) return '';
  const parts = all.map(({ name, evaluationHash, count, metrics }) => {
    const hasBaseline = metrics.some((metric) => metric.baseline !== undefined);
    const head = ['metric', 'value', '95 % interval', ...(hasBaseline ? ['baseline'] : [])];
    const rows = metrics.map((metric) => [
      metric.name,
      figure(metric.value),
      metric.interval ? metric.interval.map(figure).join(' to ') : '',
      ...(hasBaseline ? [metric.baseline === undefined ? '' : figure(metric.baseline)] : []),
    ]);
    return table(`${plain(name)}: ${count} queries, hash ${plain(evaluationHash)}`, head, rows, 3);
  });
  return ['## Evaluation', ...parts].join('\n\n');
}

function training(facts: ModelCardFacts): string {
  const { loss, dataset, seed } = facts;
  const lines: string[] = [];
  if (loss) {
    const parameters = entriesOfWords(loss.parameters).map(([key, value]) => `${key} ${value}`);
    lines.push(
      `- Loss: ${plain(loss.name)}${parameters.length ? ` (${parameters.join(', ')})` : ''}`,
    );
  }
  if (dataset) lines.push(`- Dataset: ${dataset.size} records, hash ${plain(dataset.hash)}`);
  if (seed !== undefined) lines.push(`- Seed: ${seed}`);
  const parts = [
    lines.join('\n'),
    table('Arguments', ['argument', 'value'], entriesOfWords(facts.trainingArguments ?? {}), 3),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ['## Training', ...parts].join('\n\n');
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  level = 2,
): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [
    `${'#'.repeat(level)} ${title}`,
    '',
    line(head),
    `|${' --- |'.repeat(head.length)}`,
    ...rows.map(line),
  ].join('\n');
}

function fenced(language: string, lines: readonly string[]): string {
  return ['```'.concat(language), ...lines, '```'].join('\n');
}

function list(key: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${key}:`, ...values.map((value) => `- ${value}`)];
}

/** Settings whose value is a number, a boolean, null or one plain word. Paths and sentences are left out. */
function entriesOfWords(
  values: Readonly<Record<string, number | boolean | string | null>>,
): [string, string][] {
  return Object.entries(values)
    .filter(([key]) => isWord(key))
    .filter(([, value]) => typeof value !== 'string' || isWord(value))
    .map(([key, value]) => [key, String(value)]);
}

function isWord(text: string): boolean {
  return /^[\w@.+-]{1,64}$/.test(text);
}

function isLicense(text: string): boolean {
  return /^[a-z0-9][a-z0-9.+-]{0,40}$/i.test(text);
}

/** A base model is named only by its hub id: a path would reveal details of a machine. */
function publicBaseModel({ baseModel }: ModelCardFacts): string | undefined {
  return baseModel && /^\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/.test(baseModel) ? baseModel : undefined;
}

/** Replaces everything that could be Markdown, HTML or a new line by a space. */
function plain(text: string): string {
  return text.replace(/[^\w@.,:%+ -]+/g, ' ').slice(0, 120);
}

/** One word without special meaning in YAML. */
function word(text: string): string {
  return text.replace(/[^\w@.-]+/g, '-').slice(0, 80);
}

function figure(value: number): string {
  return value.toFixed(4);
}
