/** `reranker losses`: lists the losses and what each is for. */
import { styleText } from 'node:util';
import { findLoss, type LossDescription, lossDescriptions } from '@learning-reranker/cross-encoder';
import type { Command } from 'commander';
import { featureFlagOf } from '../../config/index.js';
import { action, type CommandAction } from '../command.js';

export function losses(command: Command): void {
  command
    .argument('[name]', 'show this loss; an SBERT class name or short name')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker losses\n  $ reranker losses MarginMSELoss\n  $ reranker losses --json',
    )
    .action(action(showLosses));
}

const showLosses: CommandAction<object> = async (context, _options, [name]) => {
  const chosen = name === undefined ? lossDescriptions : [findLoss(name)];
  for (const description of chosen) {
    context.print(name === undefined ? summary(description) : details(description));
  }
  return name === undefined ? chosen : chosen[0];
};

function summary(description: LossDescription): string {
  const { name, alias, summary: text, dataShape } = description;
  const flag = featureFlagOf(name);
  return [
    `${styleText('bold', alias.padEnd(11))} ${name}${flag ? `  (turn it on with ${flag.environment}=1)` : ''}`,
    `            ${text}`,
    `            data: ${dataShape}; default parameters: ${parametersOf(description)}`,
    '',
  ].join('\n');
}

function details(description: LossDescription): string {
  const lines = [
    `${styleText('bold', description.name)} (${description.alias})`,
    description.summary,
    '',
    `What it is for   ${description.purpose}`,
    `Inputs           ${description.inputs}`,
    `Labels           ${description.labels}`,
    `Logits           ${'exactly' in description.numLabels ? description.numLabels.exactly : `at least ${description.numLabels.atLeast}`}`,
    `Activation       ${description.activation}`,
    `Batch size       ${description.batchSizeAdvice}`,
    '',
    'Parameters:',
    ...description.parameters.map(
      (parameter) =>
        `  ${parameter.name} (${parameter.type}, default ${parameter.default})  ${parameter.description}`,
    ),
    '',
    ...description.relations.map((relation) => `- ${relation}`),
    '',
    `Source: ${description.references.join('; ')}`,
  ];
  return lines.join('\n');
}

function parametersOf({ parameters }: LossDescription): string {
  return parameters.map(({ name, default: value }) => `${name} ${value}`).join(', ');
}
