/** A symbolic value in a graph: its type, its shape and where it comes from. Nothing is computed here. */
import { TypedError } from './typed-error.js';

export type DataType = 'float32' | 'int32' | 'int64' | 'bool' | 'int8' | 'uint8';

/**
 * One dimension: a number, or a name that is bound when the graph runs. A product of names and
 * numbers (`'12*batch'`) is a dimension too.
 */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** Computes the gradients of a node's inputs from those of its outputs; null where there is none. */
export type GradientRule = (
  outputGradients: readonly (Tensor | null)[],
) => readonly (Tensor | null)[];

/** One operation: an ONNX node, or several that are differentiated as one (`lowered`). */
export interface Node {
  readonly opType: string;
  readonly domain: '' | 'com.microsoft';
  readonly inputs: readonly (Tensor | null)[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly outputs: Tensor[];
  /** Absent when the op has no gradient rule: differentiating it is an error that names it. */
  readonly gradient?: GradientRule;
  /** For an op made of other ops: the tensors that its outputs are. */
  readonly lowered?: readonly Tensor[];
}

export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'dropout-mask'; readonly probability: number }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'node'; readonly node: Node; readonly outputIndex: number };

export class Tensor {
  readonly dataType: DataType;
  readonly shape: Shape;
  readonly source: Source;

  constructor(dataType: DataType, shape: Shape, source: Source) {
    this.dataType = dataType;
    this.shape = shape;
    this.source = source;
  }
}

/** A value given when the graph runs, or stored in the written model (weights of an inference graph). */
export function input(name: string, dataType: DataType, shape: Shape): Tensor {
  return new Tensor(dataType, shape, { kind: 'input', name });
}

/** A float32 constant; a plain number is a scalar. */
export function constant(value: number | Float32Array, shape: Shape = []): Tensor {
  const data = typeof value === 'number' ? Float32Array.of(value) : value;
  return new Tensor('float32', shape, { kind: 'constant', data });
}

/** A vector of 64-bit integers, the type in which ONNX takes shapes and axes. */
export function integers(values: readonly number[]): Tensor {
  const data = BigInt64Array.from(values, BigInt);
  return new Tensor('int64', [values.length], { kind: 'constant', data });
}

/** Raised for an invalid graph: names the op, what it expects and what it got. */
export class GraphError extends TypedError {
  override readonly name = 'GraphError';
  readonly kind = 'internal';
}

export interface OpCall {
  readonly opType: string;
  readonly domain?: '' | 'com.microsoft';
  readonly inputs: readonly (Tensor | null)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs: readonly { readonly dataType: DataType; readonly shape: Shape }[];
  readonly gradient?: GradientRule;
}

/** Adds one ONNX node to the graph and gives its outputs. */
export function applyOp({ outputs, ...call }: OpCall): Tensor[] {
  return attachOutputs({ domain: '', attributes: {}, ...call, outputs: [] }, outputs);
}

/** Adds one ONNX node with a single output and gives that output. */
export function op(
  opType: string,
  inputs: OpCall['inputs'],
  dataType: DataType,
  shape: Shape,
  rest: Pick<OpCall, 'domain' | 'attributes' | 'gradient'> = {},
): Tensor {
  return only(applyOp({ opType, inputs, outputs: [{ dataType, shape }], ...rest }));
}

/**
 * Treats what `outputs` compute from `inputs` as one op with a gradient rule of its own, where the
 * chain of the single rules would cost more (softmax within attention, layer normalisation).
 */
export function withGradient(
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  gradient: GradientRule,
): Tensor[] {
  const node = {
    opType: name,
    domain: '',
    inputs,
    attributes: {},
    gradient,
    lowered: outputs,
  } as const;
  return attachOutputs({ ...node, outputs: [] }, outputs);
}

function attachOutputs(
  node: Node,
  outputs: readonly { readonly dataType: DataType; readonly shape: Shape }[],
): Tensor[] {
  outputs.forEach(({ dataType, shape }, outputIndex) => {
    node.outputs.push(new Tensor(dataType, shape, { kind: 'node', node, outputIndex }));
  });
  return node.outputs;
}

/** The single output of an op that has one. */
export function only(tensors: readonly Tensor[]): Tensor {
  const [tensor] = tensors;
  if (tensors.length !== 1 || !tensor) {
    throw new GraphError(`expected one output, got ${tensors.length}`);
  }
  return tensor;
}
