/** Ops that act on every element, with NumPy's broadcasting where they take two operands. */
import { broadcastShapes } from '../dimension.js';
import { constant, op, type Shape, Tensor } from '../tensor.js';
import { reduceSum } from './broadcast.js';

type Operand = Tensor | number;

/** A number takes the type of the other operand. */
function toTensor(operand: Operand, other: Operand): Tensor {
  if (typeof operand !== 'number') return operand;
  const type = typeof other === 'number' ? 'float32' : other.dataType;
  if (type === 'float32') return constant(operand);
  const data = type === 'int64' ? BigInt64Array.of(BigInt(operand)) : Int32Array.of(operand);
  return new Tensor(type, [], { kind: 'constant', data });
}

type BinaryRule = (
  gradient: Tensor,
  left: Tensor,
  right: Tensor,
  output: Tensor,
) => { left: () => Tensor; right: () => Tensor };

function binary(opType: string, rule: BinaryRule) {
  return (a: Operand, b: Operand): Tensor => {
    const left = toTensor(a, b);
    const right = toTensor(b, a);
    const shape = broadcastShapes(opType, left.shape, right.shape);
    const output: Tensor = op(opType, [left, right], left.dataType, shape, {
      gradient: ([gradient]) => {
        const sides = rule(gradient!, left, right, output);
        return [left, right].map((operand, index) =>
          operand.source.kind === 'constant'
            ? null
            : sumToShape(index === 0 ? sides.left() : sides.right(), operand.shape),
        );
      },
    });
    return output;
  };
}

function unary(opType: string, rule: (gradient: Tensor, x: Tensor, y: Tensor) => Tensor) {
  return (x: Tensor): Tensor => {
    const y: Tensor = op(opType, [x], x.dataType, x.shape, {
      gradient: ([gradient]) => [rule(gradient!, x, y)],
    });
    return y;
  };
}

/** Sums a gradient over the axes along which an operand of `shape` was broadcast. */
function sumToShape(gradient: Tensor, shape: Shape): Tensor {
  const leading = gradient.shape.length - shape.length;
  const lead = Array.from({ length: leading }, (_, axis) => axis);
  const sameRank = leading === 0 ? gradient : reduceSum(gradient, lead);
  const stretched = [...shape.keys()].filter((axis) => shape[axis] !== sameRank.shape[axis]);
  return stretched.length === 0 ? sameRank : reduceSum(sameRank, stretched, true);
}

export const add = binary('Add', (gradient) => ({ left: () => gradient, right: () => gradient }));

export const subtract = binary('Sub', (gradient) => ({
  left: () => gradient,
  right: () => negate(gradient),
}));

export const multiply = binary('Mul', (gradient, left, right) => ({
  left: () => multiply(gradient, right),
  right: () => multiply(gradient, left),
}));

export const divide = binary('Div', (gradient, _left, right, output) => ({
  left: () => divide(gradient, right),
  right: () => negate(divide(multiply(gradient, output), right)),
}));

export const negate: (x: Tensor) => Tensor = unary('Neg', (gradient) => negate(gradient));
export const exp = unary('Exp', (gradient, _x, y) => multiply(gradient, y));
export const log = unary('Log', (gradient, x) => divide(gradient, x));
export const sqrt = unary('Sqrt', (gradient, _x, y) => divide(gradient, multiply(y, 2)));
export const reciprocal = unary('Reciprocal', (gradient, _x, y) =>
  negate(multiply(gradient, multiply(y, y))),
);
export const tanh = unary('Tanh', (gradient, _x, y) =>
  multiply(gradient, subtract(1, multiply(y, y))),
);
export const sigmoid = unary('Sigmoid', (gradient, _x, y) =>
  multiply(gradient, multiply(y, subtract(1, y))),
);
/** ln(1 + e^x), without overflow. */
export const softplus = unary('Softplus', (gradient, x) => multiply(gradient, sigmoid(x)));
export const erf = unary('Erf', (gradient, x) =>
  multiply(gradient, multiply(exp(negate(multiply(x, x))), 2 / Math.sqrt(Math.PI))),
);
