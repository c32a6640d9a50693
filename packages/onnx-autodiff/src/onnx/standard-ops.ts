/** Writes the ops of the `com.microsoft` domain as standard ops, for runtimes without that domain. */
import type { Node } from '../tensor.js';

/** A node with names instead of tensors. */
export interface WrittenNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Node['attributes'];
}

/** Gives the name of a constant scalar. */
export type ScalarName = (value: number) => string;

/** The standard nodes equivalent to `node`. Throws for an op without one. */
export function asStandardNodes(
  node: Node,
  inputs: readonly string[],
  output: string,
  scalar: ScalarName,
): WrittenNode[] {
  switch (node.opType) {
    case 'FusedMatMul':
      return fusedMatMul(node, inputs, output, scalar);
    case 'Gelu':
      return gelu(inputs, output, scalar);
    default:
      throw new Error(`com.microsoft.${node.opType} cannot be written as standard ops`);
  }
}

/** alpha * (a or its transpose) · (b or its transpose), for stacks of matrices. */
function fusedMatMul(
  { attributes }: Node,
  [a = '', b = '']: readonly string[],
  output: string,
  scalar: ScalarName,
): WrittenNode[] {
  const nodes: WrittenNode[] = [];
  const oriented = (name: string, side: string, transposed: boolean) => {
    if (!transposed) return name;
    const turned = `${output}_${side}`;
    nodes.push({
      opType: 'Transpose',
      inputs: [name],
      output: turned,
      attributes: { perm: [0, 2, 1] },
    });
    return turned;
  };
  const left = oriented(a, 'left', attributes.transA === 1);
  const right = oriented(b, 'right', attributes.transB === 1);
  const { alpha } = attributes;
  const scale = typeof alpha === 'object' && 'float' in alpha ? alpha.float : 1;
  const productName = scale === 1 ? output : `${output}_unscaled`;
  nodes.push({ opType: 'MatMul', inputs: [left, right], output: productName, attributes: {} });
  if (scale !== 1) {
    nodes.push({ opType: 'Mul', inputs: [productName, scalar(scale)], output, attributes: {} });
  }
  return nodes;
}

/** x * (1 + erf(x / sqrt 2)) / 2. */
function gelu([x = '']: readonly string[], output: string, scalar: ScalarName): WrittenNode[] {
  const name = (step: string) => `${output}_${step}`;
  const node = (opType: string, inputs: string[], step: string): WrittenNode => ({
    opType,
    inputs,
    output: step === '' ? output : name(step),
    attributes: {},
  });
  return [
    node('Mul', [x, scalar(Math.SQRT1_2)], 'scaled'),
    node('Erf', [name('scaled')], 'erf'),
    node('Add', [name('erf'), scalar(1)], 'shifted'),
    node('Mul', [x, name('shifted')], 'product'),
    node('Mul', [name('product'), scalar(0.5)], ''),
  ];
}
