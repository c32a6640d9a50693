/** The activation that SBERT's losses apply to the logits (`activation_fn`). */
import { sigmoid, type Tensor } from '@learning-reranker/onnx-autodiff/graph';
import type { ParameterDescription } from '../parameters.js';

export function activationParameter(fallback: 'Identity' | 'Sigmoid'): ParameterDescription {
  return {
    name: 'activationFn',
    type: 'string',
    default: fallback,
    choices: ['Identity', 'Sigmoid'],
    description:
      'Activation applied to the logits before the loss. The activation of predict is set separately.',
  };
}

export function activate(logits: Tensor, activationFn: unknown): Tensor {
  return activationFn === 'Sigmoid' ? sigmoid(logits) : logits;
}
