/** Reads and writes model weights in the safetensors format, which holds numbers and no code. */
import { type FileHandle, open } from 'node:fs/promises';
import { writeFileAtomically } from './atomic-write.js';
import { narrowToFloat16, widenBfloat16, widenFloat16 } from './half-precision.js';
import {
  headerLength,
  parseHeader,
  SafetensorsError,
  type TensorEntry,
} from './safetensors-header.js';
import type { Weights, WeightTensor } from './weights.js';

/** The content of a safetensors file. */
export interface SafetensorsContent {
  /** Every floating-point tensor, widened to float32. */
  readonly weights: Weights;
  readonly metadata: Record<string, string>;
  /** Names of integer tensors, such as position ids, which are not weights and were not read. */
  readonly skipped: readonly string[];
}

/** How weights are stored in the file; F16 halves its size and rounds each value to the nearest. */
export type WeightStorage = 'F32' | 'F16';

/**
 * Reads F32, F16 and BF16 tensors as float32; integer tensors are named in `skipped`.
 * @throws {SafetensorsError} for a file that is missing, cut short, inconsistent in any way, of
 *   another floating-point type, or that holds NaN or infinite weights.
 */
export async function readSafetensors(path: string): Promise<SafetensorsContent> {
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    const first = await readBytes(file, path, Math.min(8, size), 0);
    const length = headerLength(path, first, size);
    const text = (await readBytes(file, path, length, 8)).toString('utf8');
    const header = parseHeader(path, text, size - 8 - length);
    const weights: Weights = new Map();
    const skipped: string[] = [];
    for (const entry of header.tensors) {
      if (/^(?:[IU]\d|BOOL)/.test(entry.dtype)) skipped.push(entry.name);
      else weights.set(entry.name, await readTensor(file, path, entry, 8 + length));
    }
    return { weights, metadata: header.metadata, skipped };
  } finally {
    await file.close();
  }
}

/**
 * Writes weights in the order of their names, so that equal weights give equal bytes.
 * @throws {SafetensorsError} for NaN or infinite weights, values that F16 cannot hold, or data that
 *   does not fill its shape; {AtomicWriteError} when the disk fails. An old file is then unchanged.
 */
export async function writeSafetensors(
  path: string,
  weights: Weights,
  options: { storage?: WeightStorage; metadata?: Record<string, string> } = {},
): Promise<void> {
  await writeFileAtomically(path, serializeSafetensors(weights, { ...options, file: path }));
}

/**
 * The bytes of a safetensors file, piece by piece, for writing as part of a folder. Everything is
 * checked before the first piece is returned.
 * @throws {SafetensorsError} as `writeSafetensors`.
 */
export function serializeSafetensors(
  weights: Weights,
  options: { storage?: WeightStorage; metadata?: Record<string, string>; file?: string } = {},
): Iterable<Uint8Array> {
  const { storage = 'F32', metadata = { format: 'pt' }, file = 'model.safetensors' } = options;
  const sorted = [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, tensor] of sorted) checkWritable(file, name, tensor, storage);
  return { [Symbol.iterator]: () => pieces(sorted, storage, metadata) };
}

function* pieces(
  sorted: readonly [string, WeightTensor][],
  storage: WeightStorage,
  metadata: Record<string, string>,
): Generator<Uint8Array, void> {
  const width = storage === 'F16' ? 2 : 4;
  // Not an object literal, because a tensor may have any name, even "__proto__".
  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let begin = 0;
  for (const [name, { shape, data }] of sorted) {
    const end = begin + data.length * width;
    const entry = { dtype: storage, shape, data_offsets: [begin, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    begin = end;
  }
  const text = Buffer.from(`{${entries.join(',')}}`, 'utf8');
  const padded = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  text.copy(padded, 8);
  yield padded;
  for (const [, { data }] of sorted) {
    const stored = storage === 'F16' ? narrowToFloat16(data) : data;
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}

async function readTensor(
  file: FileHandle,
  path: string,
  entry: TensorEntry,
  dataStart: number,
): Promise<WeightTensor> {
  const { name, dtype, shape, elements, begin, end } = entry;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    const message = `expected F32, F16 or BF16 weights, got ${dtype}. Save the model as float32 and try again.`;
    throw new SafetensorsError('unsupported-dtype', path, message, name);
  }
  const storage = new ArrayBuffer(end - begin);
  await readInto(file, path, new Uint8Array(storage), dataStart + begin);
  const data =
    dtype === 'F32'
      ? new Float32Array(storage)
      : (dtype === 'F16' ? widenFloat16 : widenBfloat16)(new Uint16Array(storage, 0, elements));
  const broken = indexOfNonFinite(data);
  if (broken >= 0) {
    const message = `expected finite weights, got ${data[broken]} at element ${broken}. The model is damaged; use another copy.`;
    throw new SafetensorsError('not-finite', path, message, name);
  }
  return { shape, data };
}

function checkWritable(
  file: string,
  name: string,
  { shape, data }: WeightTensor,
  storage: WeightStorage,
): void {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== data.length) {
    const message = `expected ${elements} values for the shape [${shape.join(', ')}], got ${data.length}.`;
    throw new SafetensorsError('bad-tensor', file, message, name);
  }
  if (name === '__metadata__') {
    throw new SafetensorsError(
      'bad-tensor',
      file,
      'the format reserves this name. Choose another name.',
      name,
    );
  }
  const limit = storage === 'F16' ? 65_520 : Number.POSITIVE_INFINITY; // 65,520 and above become infinity in F16
  for (let i = 0; i < data.length; i++) {
    if (Math.abs(data[i] as number) < limit) continue;
    const message = `expected finite weights${storage === 'F16' ? ' below 65,520' : ''}, got ${data[i]} at element ${i}; nothing was written.`;
    throw new SafetensorsError('not-finite', file, message, name);
  }
}

function indexOfNonFinite(data: Float32Array): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    throw new SafetensorsError('unreadable', path, `cannot be opened: ${(error as Error).message}`);
  }
  throw new SafetensorsError('unreadable', path, 'expected a file, found something else.');
}

async function readBytes(
  file: FileHandle,
  path: string,
  length: number,
  position: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await readInto(file, path, buffer, position);
  return buffer;
}

async function readInto(
  file: FileHandle,
  path: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, 1 << 30);
    const { bytesRead } = await file.read(target, done, length, position + done);
    if (bytesRead === 0) {
      const message = `expected ${target.length} bytes from byte ${position}, got ${done}: the file was cut short while it was read.`;
      throw new SafetensorsError('truncated', path, message);
    }
    done += bytesRead;
  }
}
