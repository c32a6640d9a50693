/** Writes a graph as an ONNX model: nodes in order of use, constants and given weights as initializers. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeValue,
  type ConstantData,
  constant,
  type DataType,
  GraphError,
  type Node,
  type Tensor,
} from '../tensor.js';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.js';
import { asStandardNodes } from './standard-ops.js';

/** The newest IR version and opset that ONNX Runtime 1.17 and later read (Gelu, LayerNormalization). */
const IR_VERSION = 9n;
const OPSET = 18n;

const elementTypes: Record<DataType, ElementType> = {
  float32: ElementType.FLOAT,
  int32: ElementType.INT32,
  int64: ElementType.INT64,
  bool: ElementType.BOOL,
  int8: ElementType.INT8,
  uint8: ElementType.UINT8,
};

export interface ModelDefinition {
  /** The tensors to compute, by the names under which they are fetched. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Values of inputs that are stored in the model instead of being fed. */
  readonly initializers?: ReadonlyMap<string, Initializer>;
  readonly producerName?: string;
  /** Write only standard ops, which every ONNX runtime has; slower where a fused op exists. */
  readonly standardOpsOnly?: boolean;
}

export interface Initializer {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Uint8Array | Int32Array;
}

export interface WrittenModel {
  readonly bytes: Uint8Array;
  /** The inputs that must be fed, in no particular order. */
  readonly inputs: readonly Tensor[];
  /** Dropout masks among the inputs, by the name they were given. */
  readonly dropoutMasks: ReadonlyMap<string, Tensor>;
}

/** The graph that computes `outputs`, as the bytes of an ONNX file. */
export function writeModel(definition: ModelDefinition): WrittenModel {
  const { initializers = new Map(), standardOpsOnly = false } = definition;
  const graph = new GraphWriter(initializers, standardOpsOnly);
  const outputs: ValueInfoProto[] = [];
  const outputNodes: NodeProto[] = [];
  for (const [name, tensor] of Object.entries(definition.outputs)) {
    outputNodes.push(
      create(NodeProtoSchema, {
        opType: 'Identity',
        input: [graph.nameOf(tensor)],
        output: [name],
      }),
    );
    if (graph.hasInput(name)) throw new GraphError(`output '${name}' has the name of an input`);
    outputs.push(valueInfo(name, tensor));
  }
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: definition.producerName ?? 'onnx-autodiff',
    opsetImport: [
      { domain: '', version: OPSET },
      ...(standardOpsOnly ? [] : [{ domain: 'com.microsoft', version: 1n }]),
    ],
    graph: create(GraphProtoSchema, {
      name: 'graph',
      node: [...graph.nodes, ...outputNodes],
      input: [...graph.inputs].map(([name, tensor]) => valueInfo(name, tensor)),
      output: outputs,
      initializer: graph.initializers,
    }),
  });
  return {
    bytes: toBinary(ModelProtoSchema, model),
    inputs: [...graph.inputs.values()],
    dropoutMasks: graph.dropoutMasks,
  };
}

class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly dropoutMasks = new Map<string, Tensor>();
  readonly initializers: TensorProto[] = [];
  readonly #names = new Map<Tensor, string>();
  /** Names of all inputs, fed or stored. */
  readonly #inputNames = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #given: ReadonlyMap<string, Initializer>;

  readonly #standardOpsOnly: boolean;

  constructor(given: ReadonlyMap<string, Initializer>, standardOpsOnly: boolean) {
    this.#given = given;
    this.#standardOpsOnly = standardOpsOnly;
  }

  /** Writes everything that a tensor is computed from, and gives its name. */
  nameOf(tensor: Tensor): string {
    const known = this.#names.get(tensor);
    if (known !== undefined) return known;
    const name = this.#write(tensor);
    this.#names.set(tensor, name);
    return name;
  }

  hasInput(name: string): boolean {
    return this.#inputNames.has(name) || this.dropoutMasks.has(name);
  }

  #write(tensor: Tensor): string {
    const { source } = tensor;
    switch (source.kind) {
      case 'input':
        return this.#writeInput(source.name, tensor);
      case 'dropout-mask': {
        const name = `dropout_mask_${this.dropoutMasks.size}`;
        this.dropoutMasks.set(name, tensor);
        this.inputs.set(name, tensor);
        return name;
      }
      case 'constant':
        return this.#writeConstant(tensor, source.data);
      case 'node': {
        const { node, outputIndex } = source;
        if (node.lowered) return this.nameOf(node.lowered[outputIndex] as Tensor);
        this.#writeNode(node);
        return this.#names.get(tensor) as string;
      }
    }
  }

  #writeInput(name: string, tensor: Tensor): string {
    if (this.#inputNames.has(name)) throw new GraphError(`two inputs are named '${name}'`);
    this.#inputNames.add(name);
    const initializer = this.#given.get(name);
    if (initializer) {
      checkInitializer(name, tensor, initializer);
      this.initializers.push(
        tensorProto(name, tensor.dataType, initializer.shape, initializer.data),
      );
    } else {
      this.inputs.set(name, tensor);
    }
    return name;
  }

  #writeConstant(tensor: Tensor, data: ConstantData): string {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    // Only small constants are shared: a key of a large one would be as large as itself.
    const content = data.length <= 2048 ? bytes.toString('latin1') : `#${this.#constants.size}`;
    const key = `${tensor.dataType}[${tensor.shape}]${content}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `constant_${this.#constants.size}`;
    this.#constants.set(key, name);
    const shape = tensor.shape.map((dimension) => Number(dimension));
    this.initializers.push(tensorProto(name, tensor.dataType, shape, data));
    return name;
  }

  #writeNode(node: Node): void {
    const inputs = node.inputs.map((tensor) => (tensor ? this.nameOf(tensor) : ''));
    const name = `${node.opType}_${this.nodes.length}`;
    const outputs = node.outputs.map((output, index) => {
      const outputName = node.outputs.length === 1 ? name : `${name}_${index}`;
      this.#names.set(output, outputName);
      return outputName;
    });
    if (this.#standardOpsOnly && node.domain !== '') {
      const scalar = (value: number) => this.nameOf(constant(value));
      for (const written of asStandardNodes(node, inputs, name, scalar)) {
        this.#push(
          written.output,
          written.opType,
          '',
          written.inputs,
          [written.output],
          written.attributes,
        );
      }
    } else {
      this.#push(name, node.opType, node.domain, inputs, outputs, node.attributes);
    }
  }

  #push(
    name: string,
    opType: string,
    domain: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Node['attributes'],
  ): void {
    this.nodes.push(
      create(NodeProtoSchema, {
        name,
        opType,
        domain,
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      }),
    );
  }
}

function checkInitializer(name: string, tensor: Tensor, { shape, data }: Initializer): void {
  const fits =
    shape.length === tensor.shape.length &&
    tensor.shape.every(
      (dimension, axis) => typeof dimension === 'string' || dimension === shape[axis],
    );
  if (!fits) {
    throw new GraphError(
      `initializer '${name}': expected ${tensor.dataType} [${tensor.shape}], got [${shape}]`,
    );
  }
  const elements = shape.reduce((count, size) => count * size, 1);
  if (data.length !== elements) {
    throw new GraphError(
      `initializer '${name}': the shape [${shape}] needs ${elements} elements, got ${data.length}`,
    );
  }
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

type RawData = Float32Array | Int32Array | Int8Array | Uint8Array | BigInt64Array;

function tensorProto(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  data: RawData,
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: elementTypes[dataType],
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

function valueInfo(name: string, tensor: Tensor): ValueInfoProto {
  const dim = tensor.shape.map((dimension) =>
    typeof dimension === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(dimension) } }
      : { value: { case: 'dimParam' as const, value: dimension } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: { elemType: elementTypes[tensor.dataType], shape: { dim } },
      },
    },
  });
}
