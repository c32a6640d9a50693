/**
 * Writes docs/reference/ from the definitions that the code itself uses: losses from their
 * descriptions, settings from their schema. `--check` only compares, and fails where they differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  lossDescriptions,
  snakeCase,
  trainingArgumentDescriptions,
} from '@learning-reranker/cross-encoder';
import { featureFlagOf, settingsReference } from 'learning-reranker';

const GENERATED =
  '<!-- Written by scripts/generate-reference.mjs; change the definitions, not this file. -->';

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
    ...(flag ? ['', `Behind a feature flag: switch it on with \`${flag.environment}=1\`.`] : []),
    '',
    '| Inputs | Labels | Logits |',
    '|---|---|---|',
    `| ${loss.inputs} | ${loss.labels} | ${'exactly' in numLabels ? numLabels.exactly : `${numLabels.atLeast} or more`} |`,
    '',
    '| Parameter (SBERT) | Values | Default | Meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    `- What it is for: ${loss.purpose}`,
    `- Activation: ${loss.activation}`,
    `- Batch size: ${loss.batchSizeAdvice}`,
    ...loss.relations.map((relation) => `- ${relation}`),
    `- Source: ${loss.references.join('; ')}`,
  ].join('\n');
}

const losses = `# Losses

${GENERATED}

Losses are named and parametrised as the classes of \`sentence_transformers.cross_encoder.losses\` (6.2.0). Class
names are accepted in any case, short names too: \`reranker train --loss ${lossDescriptions[0].alias}\`. Values and
gradients are held to SBERT's within 1e-5 by tests.

| Short name | Class | Data | Logits | Choose it when |
|---|---|---|---|---|
${lossDescriptions
  .map(
    ({ alias, name, dataShape, numLabels, purpose }) =>
      `| \`${alias}\` | [${name}](#${name.toLowerCase()}) | ${dataShape} | ${'exactly' in numLabels ? numLabels.exactly : `≥ ${numLabels.atLeast}`} | ${purpose} |`,
  )
  .join('\n')}

## Terminology

| Word | Meaning | Other names |
|---|---|---|
${lossDescriptions
  .map(
    ({ alias, name, otherNames }) =>
      `| \`${alias}\` | ${name} | ${Object.values(otherNames).join('; ')} |`,
  )
  .join('\n')}
| logit | the model's output for a pair, before any activation | raw score |
| score | the sigmoid of the one logit, or the probability of class 1 of two | relevance_score |
| evaluation dataset | queries with known relevant documents, never trained on | golden set, golden questions |
| hard negative | a document that retrieval ranks high although it is not relevant | – |
| teacher score | the score of a stronger model for a document, kept in the training record | soft label |

${lossDescriptions.map(lossSection).join('\n\n')}
`;

const configuration = `# Settings

${GENERATED}

Flags beat the environment, that beats \`.env\`, that beats \`reranker.config.json\`, that beats the default.
\`reranker config\` shows every value and where it came from. Values that cannot be used are all named at once; old
names are read with a warning; names that contradict each other are reported.

${settingsReference()}

## Training arguments

\`CrossEncoderTrainer\` takes SBERT's arguments in camelCase, with SBERT's defaults. The command line's own presets are
the settings above (1 epoch, learning rate 2e-5, batch 16, warmup 0.1, 256 tokens).

| Argument (SBERT) | Default | Meaning |
|---|---|---|
${trainingArgumentDescriptions
  .map(
    ({ name, default: value, description }) =>
      `| \`${name}\` (\`${snakeCase(name)}\`) | ${shown(value)} | ${description} |`,
  )
  .join('\n')}
`;

const check = process.argv.includes('--check');
let different = false;
for (const [file, text] of [
  ['losses.md', losses],
  ['configuration.md', configuration],
]) {
  const path = new URL(`../docs/reference/${file}`, import.meta.url);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(
      `docs/reference/${file} is not what the definitions say: run node scripts/generate-reference.mjs`,
    );
    different = true;
  }
}
if (different) process.exitCode = 1;
