/**
 * The activation that a cross-encoder applies when it predicts: where a model folder states it, and
 * how to state it for sentence-transformers 2 to 6.
 */

import type { ActivationName } from '../prediction/scores.js';

const classPaths = {
  Sigmoid: 'torch.nn.modules.activation.Sigmoid',
  Identity: 'torch.nn.modules.linear.Identity',
} as const;

/** The default of sentence-transformers: Sigmoid for one label, Identity for more. */
export function defaultActivation(numLabels: number): ActivationName {
  return numLabels === 1 ? 'Sigmoid' : 'Identity';
}

/**
 * Looks the activation up in the order of sentence-transformers 6.2: `activation_fn` of
 * `config_sentence_transformers.json`, then `sentence_transformers.activation_fn` and
 * `sbert_ce_default_activation_function` of `config.json`, then the default. A class that is
 * neither Sigmoid nor Identity is never run; the default is used and a warning says so.
 */
export function lookUpActivation(
  config: Readonly<Record<string, unknown>>,
  sentenceTransformersConfig: Readonly<Record<string, unknown>> | undefined,
  numLabels: number,
): { activation: ActivationName; warning?: string } {
  const nested = config.sentence_transformers as { activation_fn?: unknown } | null | undefined;
  const path =
    sentenceTransformersConfig?.activation_fn ??
    nested?.activation_fn ??
    config.sbert_ce_default_activation_function;
  const fallback = defaultActivation(numLabels);
  if (path === undefined || path === null) return { activation: fallback };
  // Older models name the package that exports the class: torch.nn.Sigmoid, torch.nn.Identity.
  const name = /^torch\.nn\.(?:modules\.(?:activation|linear)\.)?(\w+)$/.exec(String(path))?.[1];
  if (name === 'Sigmoid' || name === 'Identity') return { activation: name };
  return {
    activation: fallback,
    warning: `The activation ${JSON.stringify(path).slice(0, 120)} is not supported. Expected Sigmoid or Identity; ${fallback} is used instead.`,
  };
}

/** `config.json` with the keys that versions 2 to 5 read. */
export function withActivationKeys(
  config: Readonly<Record<string, unknown>>,
  activation: ActivationName,
): Record<string, unknown> {
  const nested = config.sentence_transformers as Record<string, unknown> | null | undefined;
  return {
    ...config,
    sentence_transformers: { ...nested, activation_fn: classPaths[activation] },
    sbert_ce_default_activation_function: classPaths[activation],
  };
}

/** The files that make a folder a CrossEncoder of sentence-transformers 6, by name. */
export function sentenceTransformersFiles(activation: ActivationName): Map<string, string> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    [
      'config_sentence_transformers.json',
      json({
        __version__: {},
        model_type: 'CrossEncoder',
        prompts: {},
        default_prompt_name: null,
        activation_fn: classPaths[activation],
      }),
    ],
    [
      'modules.json',
      json([
        {
          idx: 0,
          name: '0',
          path: '',
          type: 'sentence_transformers.base.modules.transformer.Transformer',
        },
      ]),
    ],
    [
      'sentence_bert_config.json',
      json({
        transformer_task: 'sequence-classification',
        modality_config: { text: { method: 'forward', method_output_name: 'logits' } },
        module_output_name: 'scores',
      }),
    ],
  ]);
}
