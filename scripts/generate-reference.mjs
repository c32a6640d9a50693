/**
 * Writes docs/reference/ from the descriptions of losses, settings and training arguments in the code.
 * `--check` writes nothing and fails if a file is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  lossDescriptions,
  snakeCase,
  trainingArgumentDescriptions,
} from '@learning-reranker/cross-encoder';
import { featureFlagOf, settingsReference } from 'learning-reranker';
import { operationsReference } from 'learning-reranker/internals';

const GENERATED =
  '<!-- Written by scripts/generate-reference.mjs. Change the descriptions in the code, not this file. -->';

const shown = (value) => (value === null ? '`None`' : `\`${value}\``);

function lossSection(loss) {
  const { numLabels, parameters } = loss;
  const flag = featureFlagOf(loss.name);
  const rows = parameters.map(
    ({ name, type, default: value, description, choices }) =>
      `| \`${name}\` (\`${snakeCase(name)}\`) | ${choices ? choices.join(', ') : type} | ${shown(value)} | ${description} |`,
  );
  return [
    `## ${loss.name}`,
    '',
    `Short name \`${loss.alias}\`. ${loss.summary}`,
    ...(flag ? ['', `Disabled by default. Set \`${flag.environment}=1\` to enable it.`] : []),
    '',
    '| Inputs | Labels | Logits |',
    '|---|---|---|',
    `| ${loss.inputs} | ${loss.labels} | ${'exactly' in numLabels ? numLabels.exactly : `${numLabels.atLeast} or more`} |`,
    '',
    '| Parameter (SBERT) | Values | Default | Meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    `- Purpose: ${loss.purpose}`,
    `- Activation: ${loss.activation}`,
    `- Batch size: ${loss.batchSizeAdvice}`,
    ...loss.relations.map((relation) => `- ${relation}`),
    `- Source: ${loss.references.join('; ')}`,
  ].join('\n');
}

const losses = `# Losses

${GENERATED}

Losses have the names and parameters of the classes in \`sentence_transformers.cross_encoder.losses\` (6.2.0). Use the class
name or the short name, in any case: \`reranker train --loss ${lossDescriptions[0].alias}\`. Tests check that values and gradients
equal SBERT's within 1e-5.

| Short name | Class | Data | Logits | Purpose |
|---|---|---|---|---|
${lossDescriptions
  .map(
    ({ alias, name, dataShape, numLabels, purpose }) =>
      `| \`${alias}\` | [${name}](#${name.toLowerCase()}) | ${dataShape} | ${'exactly' in numLabels ? numLabels.exactly : `≥ ${numLabels.atLeast}`} | ${purpose} |`,
  )
  .join('\n')}

## Terminology

The [glossary](../glossary.md) defines all other words.

| Word | Meaning | Other names |
|---|---|---|
${lossDescriptions
  .map(
    ({ alias, name, otherNames }) =>
      `| \`${alias}\` | ${name} | ${Object.values(otherNames).join('. ')} |`,
  )
  .join('\n')}
| logit | the model's output for a pair, before any activation | raw score |
| score | the sigmoid of the single logit, or the probability of class 1 of two | relevance_score |
| evaluation dataset | queries with known relevant documents, never trained on | golden set, golden questions |
| hard negative | a document that retrieval ranks high although it is not relevant | – |
| teacher score | the score of a stronger model for a document, kept in the training record | soft label |

${lossDescriptions.map(lossSection).join('\n\n')}
`;

const configuration = `# Settings

${GENERATED}

Sources of a setting, the strongest first: command-line option, environment, \`.env\`, \`reranker.config.json\`, default.
\`reranker config\` shows every value and its source, and reports old names, unknown names and conflicts between sources. An
error names all invalid values at once.

${settingsReference()}

## Training arguments

\`CrossEncoderTrainer\` takes SBERT's arguments in camelCase, with SBERT's defaults. \`reranker train\` and the API use the
settings above as their defaults instead.

| Argument (SBERT) | Default | Meaning |
|---|---|---|
${trainingArgumentDescriptions
  .map(
    ({ name, default: value, description }) =>
      `| \`${name}\` (\`${snakeCase(name)}\`) | ${shown(value)} | ${description} |`,
  )
  .join('\n')}
`;

const operations = `# Operations, formats and dialects

${GENERATED}

An operation is one command of \`reranker\`, one path of the API, and one kind of job. This page lists what each accepts, and
the formats, click models, languages and rerank dialects. \`/docs\` of a running service shows the API with examples.

${await operationsReference()}
`;

const check = process.argv.includes('--check');
let different = false;
for (const [file, text] of [
  ['losses.md', losses],
  ['configuration.md', configuration],
  ['operations.md', operations],
]) {
  const path = new URL(`../docs/reference/${file}`, import.meta.url);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(
      `docs/reference/${file} is out of date. Run node scripts/generate-reference.mjs.`,
    );
    different = true;
  }
}
if (different) process.exitCode = 1;
