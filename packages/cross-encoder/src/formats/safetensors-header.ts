/**
 * Reads the header of a safetensors file. It is not trusted, because its numbers decide how much
 * memory is allocated and what is read. Format: https://github.com/huggingface/safetensors#format
 */
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';
import { parseStrictJson } from './strict-json.js';

/** Raised for a safetensors file that is damaged, inconsistent or not usable as weights. */
export class SafetensorsError extends CodedError<
  | 'unreadable'
  | 'truncated'
  | 'bad-header'
  | 'too-large'
  | 'bad-layout'
  | 'unsupported-dtype'
  | 'not-finite'
  | 'bad-tensor'
> {
  override readonly name = 'SafetensorsError';
  readonly kind = 'damaged';
  readonly file: string;
  readonly tensor: string | undefined;

  constructor(code: SafetensorsError['code'], file: string, message: string, tensor?: string) {
    super(
      code,
      `${file}: ${tensor === undefined ? '' : `tensor ${JSON.stringify(tensor)}: `}${message}`,
    );
    this.file = file;
    this.tensor = tensor;
  }
}

/** Where one tensor lies; `begin` and `end` are bytes counted from the end of the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly begin: number;
  readonly end: number;
}

/** A validated header: tensors in the order of their bytes, which they fill without gap. */
export interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Record<string, string>;
}

const MAXIMUM_HEADER_BYTES = 10 * 1024 * 1024;
const MAXIMUM_TENSORS = 10_000;

const bytesPerElement = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U64', 8],
  ['U32', 4],
  ['U16', 2],
  ['U8', 1],
  ['BOOL', 1],
]);

/**
 * Checks the length that the first eight bytes announce, before anything of that size is read.
 * @throws {SafetensorsError} when the header would be longer than the file or than 10 MB.
 */
export function headerLength(file: string, firstBytes: Buffer, fileSize: number): number {
  if (firstBytes.length < 8) {
    throw new SafetensorsError(
      'truncated',
      file,
      `expected at least 8 bytes, got ${firstBytes.length}. Copy or download the file again.`,
    );
  }
  const announced = firstBytes.readBigUInt64LE(0);
  if (announced > BigInt(MAXIMUM_HEADER_BYTES)) {
    throw new SafetensorsError(
      'too-large',
      file,
      `expected a header of at most ${MAXIMUM_HEADER_BYTES} bytes, the file announces ${announced}. Is this a safetensors file?`,
    );
  }
  const length = Number(announced);
  if (8 + length > fileSize) {
    throw new SafetensorsError(
      'truncated',
      file,
      `expected a header of ${length} bytes, the file has ${fileSize}. Copy or download it again.`,
    );
  }
  return length;
}

/**
 * Parses and checks a whole header against the number of data bytes that follow it.
 * @throws {SafetensorsError} for a duplicate name, an unknown dtype, a shape that does not fit its
 *   offsets, overlaps, gaps, bytes that belong to no tensor, or more than 10,000 tensors.
 */
export function parseHeader(file: string, text: string, dataBytes: number): SafetensorsHeader {
  if (!text.startsWith('{')) {
    throw new SafetensorsError(
      'bad-header',
      file,
      `expected a header that starts with "{". Is this a safetensors file?`,
    );
  }
  const entries = Object.entries(parseRecord(file, text));
  if (entries.length > MAXIMUM_TENSORS + 1) {
    throw new SafetensorsError(
      'too-large',
      file,
      `expected at most ${MAXIMUM_TENSORS} tensors, got ${entries.length}.`,
    );
  }
  let metadata: Record<string, string> = {};
  const tensors: TensorEntry[] = [];
  for (const [name, value] of entries) {
    if (name === '__metadata__') metadata = parseMetadata(file, value);
    else tensors.push(parseEntry(file, name, value));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(file, tensors, dataBytes);
  return { tensors, metadata };
}

function parseRecord(file: string, text: string): Record<string, unknown> {
  try {
    return parseStrictJson(text, 8) as Record<string, unknown>;
  } catch (error) {
    throw new SafetensorsError('bad-header', file, `the header ${(error as Error).message}.`);
  }
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (isRecord(value) && Object.values(value).every((text) => typeof text === 'string')) {
    return value as Record<string, string>;
  }
  throw new SafetensorsError('bad-header', file, '__metadata__: expected texts by name.');
}

function parseEntry(file: string, name: string, value: unknown): TensorEntry {
  const bad = (message: string) => new SafetensorsError('bad-header', file, message, name);
  if (!isRecord(value)) throw bad('expected an object with dtype, shape and data_offsets.');
  const { dtype, shape, data_offsets: offsets } = value;
  const width = typeof dtype === 'string' ? bytesPerElement.get(dtype) : undefined;
  if (typeof dtype !== 'string' || width === undefined) {
    const message = `expected a known dtype such as F32 or F16, got ${describe(dtype)}.`;
    throw new SafetensorsError('unsupported-dtype', file, message, name);
  }
  if (!isListOfSizes(shape) || shape.length > 16) {
    throw bad(`expected shape to be a list of sizes, got ${describe(shape)}.`);
  }
  if (!isListOfSizes(offsets) || offsets.length !== 2) {
    throw bad(`expected data_offsets to be [begin, end], got ${describe(offsets)}.`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * BigInt(size), 1n) * BigInt(width);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw bad(`the shape [${shape.join(', ')}] needs ${bytes} bytes, which is too large.`);
  }
  if (end - begin !== Number(bytes)) {
    throw bad(
      `expected ${bytes} bytes for ${dtype} [${shape.join(', ')}], got offsets ${begin} to ${end} (${end - begin} bytes).`,
    );
  }
  return { name, dtype, shape, elements: Number(bytes) / width, begin, end };
}

function checkLayout(file: string, tensors: readonly TensorEntry[], dataBytes: number): void {
  let filled = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== filled) {
      const what = begin < filled ? 'overlaps the tensor before it' : 'leaves a gap before it';
      const message = `${what}: expected it to begin at byte ${filled}, got ${begin}.`;
      throw new SafetensorsError('bad-layout', file, message, name);
    }
    if (end > dataBytes) {
      const message = `expected data up to byte ${end}, got ${dataBytes} bytes. The file is cut short; copy or download it again.`;
      throw new SafetensorsError('truncated', file, message, name);
    }
    filled = end;
  }
  if (filled !== dataBytes) {
    const message = `expected ${filled} bytes of data, got ${dataBytes}: bytes at the end belong to no tensor.`;
    throw new SafetensorsError('bad-layout', file, message);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
