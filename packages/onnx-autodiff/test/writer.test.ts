import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  add,
  constant,
  dropout,
  gradients,
  input,
  linear,
  type ModelDefinition,
  multiply,
  reduceSum,
  softmax,
  type Tensor,
  writeModel,
} from '../src/index.js';
import { type GraphProto, ModelProtoSchema } from '../src/onnx/onnx_pb.js';

function written(definition: ModelDefinition): GraphProto {
  const { graph } = fromBinary(ModelProtoSchema, writeModel(definition).bytes);
  return graph as GraphProto;
}

const x = input('x', 'float32', ['rows', 3]);
const weight = input('weight', 'float32', [2, 3]);
const bias = input('bias', 'float32', [2]);
const weights = new Map([
  ['weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['bias', { shape: [2], data: Float32Array.of(7, 8) }],
  ['unused', { shape: [1], data: Float32Array.of(9) }],
]);
const y = softmax(linear(x, weight, bias));

test('the model states its versions of ONNX and of its op sets', () => {
  const { bytes } = writeModel({ outputs: { y }, producerName: 'somebody' });
  const model = fromBinary(ModelProtoSchema, bytes);
  expect(model).toMatchObject({ irVersion: 9n, producerName: 'somebody' });
  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
    ['', 18n],
    ['com.microsoft', 1n],
  ]);
  const plain = writeModel({ outputs: { y }, standardOpsOnly: true }).bytes;
  expect(fromBinary(ModelProtoSchema, plain).opsetImport).toHaveLength(1);
});

test('every name is defined once, and before it is used', () => {
  const dropped = dropout(y, 0.1);
  const loss = reduceSum(multiply(dropped, dropped), [0, 1]);
  const [toWeight, toBias] = gradients(loss, [weight, bias]) as [Tensor, Tensor];
  const graph = written({ outputs: { loss, toWeight, toBias }, initializers: weights });
  const made = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  expect(made.size).toBe(graph.input.length + graph.initializer.length);
  for (const node of graph.node) {
    for (const name of node.input) expect(made.has(name), `${name} of ${node.name}`).toBe(true);
    for (const name of node.output) {
      expect(made.has(name), name).toBe(false);
      made.add(name);
    }
  }
  expect(graph.output.map(({ name }) => name)).toEqual(['loss', 'toWeight', 'toBias']);
  for (const { name } of graph.output) expect(made.has(name)).toBe(true);
});

test('a tensor that no output needs is not written', () => {
  softmax(multiply(x, input('elsewhere', 'float32', [3])));
  const graph = written({ outputs: { y }, initializers: weights });
  expect(graph.input.map(({ name }) => name)).toEqual(['x']);
  expect(graph.initializer.map(({ name }) => name).sort()).toEqual(['bias', 'weight']);
  expect(graph.node.map(({ opType }) => opType)).not.toContain('Mul');
});

test('a tensor used twice is computed once, a constant used twice stored once', () => {
  const doubled = multiply(x, 2);
  const graph = written({ outputs: { y: add(doubled, multiply(doubled, 2)) } });
  expect(graph.node.map(({ opType }) => opType)).toEqual(['Mul', 'Mul', 'Add', 'Identity']);
  expect(graph.initializer).toHaveLength(1);
});

test('constants that differ in shape or in a sign of zero are not mistaken for each other', () => {
  const ones = constant(Float32Array.of(1, 1), [2]);
  const column = constant(Float32Array.of(1, 1), [2, 1]);
  const graph = written({ outputs: { a: ones, b: column, c: constant(0), d: constant(-0) } });
  expect(graph.initializer).toHaveLength(4);
});

test('stored weights are the bytes that were given', () => {
  const [stored] = written({ outputs: { y }, initializers: weights }).initializer.filter(
    ({ name }) => name === 'weight',
  );
  expect(stored?.dims).toEqual([2n, 3n]);
  const bytes = stored?.rawData.slice() ?? new Uint8Array();
  expect([...new Float32Array(bytes.buffer)]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('named dimensions are written by name', () => {
  const [shape] = written({ outputs: { y } }).input.map(({ type }) => type?.value);
  const dims = shape?.case === 'tensorType' ? shape.value.shape?.dim : [];
  expect(dims?.map(({ value }) => value.value)).toEqual(['rows', 3n]);
});

test('each dropout has its own mask among the inputs', () => {
  const { inputs, dropoutMasks } = writeModel({ outputs: { y: dropout(dropout(x, 0.1), 0.2) } });
  expect([...dropoutMasks.values()].map(({ source }) => source)).toMatchObject([
    { kind: 'dropout-mask', probability: 0.1 },
    { kind: 'dropout-mask', probability: 0.2 },
  ]);
  expect(inputs).toHaveLength(3);
});

test('a stored weight of another shape than the graph expects is refused', () => {
  const initializers = new Map([['weight', { shape: [3, 2], data: new Float32Array(6) }]]);
  expect(() => writeModel({ outputs: { y }, initializers })).toThrow(
    "initializer 'weight': expected float32 [2,3], got [3,2]",
  );
  const short = new Map([['weight', { shape: [2, 3], data: new Float32Array(5) }]]);
  expect(() => writeModel({ outputs: { y }, initializers: short })).toThrow(
    'needs 6 elements, got 5',
  );
});

test('two inputs with the same name are refused, stored or fed', () => {
  const twice = add(x, input('x', 'float32', ['rows', 3]));
  expect(() => writeModel({ outputs: { twice } })).toThrow("two inputs are named 'x'");
  const shared = add(y, input('bias', 'float32', [2]));
  expect(() => writeModel({ outputs: { shared }, initializers: weights })).toThrow(
    "two inputs are named 'bias'",
  );
});

test('an output cannot take the name of an input', () => {
  expect(() => writeModel({ outputs: { x: softmax(x) } })).toThrow(
    "output 'x' has the name of an input",
  );
});
