/** Reverse-mode differentiation over a graph: builds the tensors that compute the gradients. */
import { add } from './ops/elementwise.js';
import { constant, GraphError, type Node, type Tensor } from './tensor.js';

/**
 * The gradients of a scalar with respect to each of `targets` (inputs or intermediate tensors).
 *
 * Throws `GraphError` when `loss` is not a scalar, when it does not depend on a target, or when an op
 * on the way has no gradient rule.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0) {
    throw new GraphError(`gradients: expected a scalar loss, got shape [${loss.shape}]`);
  }
  const wanted = new Set(targets);
  const order = nodesLeadingTo(loss, wanted);
  const gradientOf = new Map<Tensor, Tensor>([[loss, constant(1)]]);

  for (const node of order.reverse()) {
    const outputGradients = node.outputs.map((output) => gradientOf.get(output) ?? null);
    if (outputGradients.every((gradient) => gradient === null)) continue;
    if (!node.gradient) {
      throw new GraphError(`gradients: ${node.opType} has no gradient rule`);
    }
    const inputGradients = node.gradient(outputGradients);
    node.inputs.forEach((tensor, index) => {
      const gradient = inputGradients[index];
      if (!tensor || !gradient) return;
      const sum = gradientOf.get(tensor);
      gradientOf.set(tensor, sum ? add(sum, gradient) : gradient);
    });
  }

  return targets.map((target) => {
    const gradient = gradientOf.get(target);
    if (gradient) return gradient;
    const name = target.source.kind === 'input' ? ` '${target.source.name}'` : '';
    throw new GraphError(`gradients: the loss does not depend on the target${name}`);
  });
}

/** Nodes on a path from a target to the loss, inputs before users. */
function nodesLeadingTo(loss: Tensor, targets: ReadonlySet<Tensor>): Node[] {
  const order: Node[] = [];
  const leads = new Map<Tensor, boolean>();

  const visit = (tensor: Tensor): boolean => {
    const known = leads.get(tensor);
    if (known !== undefined) return known;
    if (tensor.source.kind === 'node') {
      const { node } = tensor.source;
      let onPath = false;
      for (const operand of node.inputs) {
        if (operand && visit(operand)) onPath = true;
      }
      // Each output is checked by itself, because one may be a target and another not.
      for (const output of node.outputs) leads.set(output, onPath || targets.has(output));
      if (onPath) order.push(node);
      return onPath || targets.has(tensor);
    }
    leads.set(tensor, targets.has(tensor));
    return targets.has(tensor);
  };

  visit(loss);
  return order;
}
