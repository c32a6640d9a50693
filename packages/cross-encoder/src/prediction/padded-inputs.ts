/** The packed inputs of a graph, computed inside it from the padded inputs that other programs feed. */
import {
  add,
  type Dimension,
  input,
  integers,
  multiply,
  op,
  product,
  reshape,
  subtract,
  type Tensor,
} from '@learning-reranker/onnx-autodiff';
import type { PackedInputs } from '../batching/packed-inputs.js';

/** Added to the scores of padding. */
const MASKED = 10_000;

/** `TensorProto.DataType.FLOAT`. */
const FLOAT = 1;

/**
 * `input_ids`, `attention_mask` and `token_type_ids`, int64 [batch, sequence], as Hugging Face models
 * take them. Padding is packed like any other token, and masked in attention.
 */
export function paddedInputs(heads: number): PackedInputs {
  const padded = (name: string) => input(name, 'int64', ['batch', 'sequence']);
  const inputIds = padded('input_ids');
  const sizes = op('Shape', [inputIds], 'int64', [2]);
  const batch = pick(sizes, 0);
  const sequence = pick(sizes, 1);
  const tokens = op('Mul', [batch, sequence], 'int64', [1]);
  const everyHead = op('Mul', [batch, integers([heads])], 'int64', [1]);
  const sequences = range(batch, 'packed_sequences');
  const headsOfGroup = product(['batch', heads]);
  return {
    inputIds: flat(inputIds),
    positionIds: flat(positions(inputIds)),
    tokenTypeIds: flat(padded('token_type_ids')),
    firstTokens: {
      index: op('Mul', [sequences, sequence], 'int64', ['packed_sequences']),
      places: sequences,
    },
    sequences: { index: sequences, places: sequences },
    attention: {
      all: {
        indices: [transposed(tokens, [batch, sequence], heads, 'rows')],
        inverse: transposed(tokens, [batch, sequence], heads, 'places'),
      },
      first: {
        indices: [reshape(range(everyHead, headsOfGroup), [headsOfGroup, 1])],
        inverse: range(everyHead, product(['packed_sequences', heads])),
      },
      masks: [mask(padded('attention_mask'), [batch, sequence], heads)],
    },
  };
}

/** 0, 1, 2, … along each sequence. */
function positions(like: Tensor): Tensor {
  const counted = op('CumSum', [add(multiply(like, 0), 1), scalar(1)], 'int64', like.shape);
  return subtract(counted, 1);
}

/**
 * Numbers 0 … tokens * heads - 1 laid out [batch, sequence, heads] and turned to [batch, heads, sequence]
 * (`rows`), or the other way round (`places`).
 */
function transposed(
  tokens: Tensor,
  [batch, sequence]: readonly [Tensor, Tensor],
  heads: number,
  which: 'rows' | 'places',
): Tensor {
  const numbers = range(
    op('Mul', [tokens, integers([heads])], 'int64', [1]),
    product(['tokens', heads]),
  );
  const headCount = integers([heads]);
  const order = which === 'rows' ? [batch, sequence, headCount] : [batch, headCount, sequence];
  const grid = op('Reshape', [numbers, concat(order)], 'int64', ['d0', 'd1', 'd2']);
  const turned = op('Transpose', [grid], 'int64', ['d0', 'd2', 'd1'], {
    attributes: { perm: [0, 2, 1] },
  });
  if (which === 'places') {
    return op('Reshape', [turned, integers([-1])], 'int64', [product(['tokens', heads])]);
  }
  const target = concat([integers([-1]), sequence]);
  return op('Reshape', [turned, target], 'int64', [product(['batch', heads]), 'sequence']);
}

/** -10,000 on padding, 0 elsewhere; [batch * heads, 1, sequence]. */
function mask(
  attentionMask: Tensor,
  [batch, sequence]: readonly [Tensor, Tensor],
  heads: number,
): Tensor {
  const numbers = op('Cast', [attentionMask], 'float32', attentionMask.shape, {
    attributes: { to: FLOAT },
  });
  const added = multiply(subtract(numbers, 1), MASKED);
  const one = integers([1]);
  const apart = op('Reshape', [added, concat([batch, one, one, sequence])], 'float32', [
    'batch',
    1,
    1,
    'sequence',
  ]);
  const perHead = op(
    'Expand',
    [apart, concat([batch, integers([heads]), one, sequence])],
    'float32',
    ['batch', heads, 1, 'sequence'],
  );
  const target = concat([integers([-1]), one, sequence]);
  return op('Reshape', [perHead, target], 'float32', [product(['batch', heads]), 1, 'sequence']);
}

function flat(x: Tensor): Tensor {
  return op('Reshape', [x, integers([-1])], 'int64', ['tokens']);
}

/** One entry of a vector, as a vector of one. */
function pick(vector: Tensor, at: number): Tensor {
  return op('Gather', [vector, integers([at])], 'int64', [1]);
}

/** 0 … count - 1. */
function range(count: Tensor, size: Dimension): Tensor {
  const end = op('Squeeze', [count], 'int64', []);
  return op('Range', [scalar(0), end, scalar(1)], 'int64', [size]);
}

function concat(parts: Tensor[]): Tensor {
  return op('Concat', parts, 'int64', [parts.length], { attributes: { axis: 0 } });
}

function scalar(value: number): Tensor {
  return op('Squeeze', [integers([value])], 'int64', []);
}
