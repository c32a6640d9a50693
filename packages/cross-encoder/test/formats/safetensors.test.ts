import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import { SafetensorsError } from '../../src/formats/safetensors-header.js';
import type { Weights } from '../../src/formats/weights.js';

const fixtures = new URL('../fixtures/formats/', import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A safetensors file from a header (object or text) and its data, with an announced length to lie about. */
async function fileOf(header: unknown, dataBytes: number | Uint8Array, announced?: bigint) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(text.length));
  const data = typeof dataBytes === 'number' ? Buffer.alloc(dataBytes) : dataBytes;
  const path = join(folder, 'hostile.safetensors');
  await writeFile(path, Buffer.concat([length, text, data]));
  return path;
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

async function refusal(path: string): Promise<SafetensorsError> {
  const error = await readSafetensors(path).then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(SafetensorsError);
  expect(error.message).toContain(path);
  return error;
}

describe('files written by Python', () => {
  test('give the same numbers as float32 and list skipped integer tensors', async () => {
    const { weights, metadata, skipped } = await readSafetensors(`${fixtures}mixed.safetensors`);
    const expected = JSON.parse(await readFile(`${fixtures}mixed.json`, 'utf8'));
    expect(skipped).toEqual(['d.position_ids']);
    expect(metadata).toEqual({ format: 'pt', note: 'ünïcode' });
    delete expected['d.position_ids'];
    expect([...weights.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { data }] of weights) {
      expect([...data]).toEqual(expected[name].map(Math.fround));
    }
    expect(weights.get('e.scalar')?.shape).toEqual([]);
    expect(weights.get('f.empty')?.shape).toEqual([0, 3]);
  });

  test.each(['F32', 'F16'] as const)(
    'come out byte for byte when read and written again as %s',
    async (storage) => {
      const name = storage === 'F32' ? 'float32.safetensors' : 'float16.safetensors';
      const { weights, metadata } = await readSafetensors(fixtures + name);
      const copy = join(folder, name);
      await writeSafetensors(copy, weights, { storage, metadata });
      expect(await readFile(copy)).toEqual(await readFile(fixtures + name));
    },
  );
});

test('any weights survive the round trip, whatever their names, and equal weights give equal bytes', async () => {
  const tensor = fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 20 })
    .map((values) => ({ shape: [values.length], data: Float32Array.from(values) }));
  const name = fc.oneof(fc.string(), fc.constant('__proto__')).filter((n) => n !== '__metadata__');
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, tensor), { selector: ([n]) => n }),
      async (entries) => {
        const path = join(folder, 'any.safetensors');
        await writeSafetensors(path, new Map(entries));
        const bytes = await readFile(path);
        const { weights } = await readSafetensors(path);
        expect(new Map(weights)).toEqual(new Map(entries));
        await writeSafetensors(path, new Map([...entries].reverse()));
        expect(await readFile(path)).toEqual(bytes);
      },
    ),
    { numRuns: 50 },
  );
});

describe('a hostile file is refused with the tensor, the expected and the found value', () => {
  test.each<[string, unknown, number, string, RegExp]>([
    [
      'an overlap',
      { a: f32([2], 0, 8), b: f32([2], 4, 12) },
      12,
      'bad-layout',
      /"b".*overlaps.*byte 8, got 4/,
    ],
    ['a gap', { a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12, 'bad-layout', /"b".*gap/],
    ['a shape that does not match', { a: f32([3], 0, 8) }, 8, 'bad-header', /12 bytes.*8 bytes/],
    [
      'a product that overflows',
      { a: f32([2 ** 40, 2 ** 40], 0, 8) },
      8,
      'bad-header',
      /which is too large/,
    ],
    ['a negative size', { a: f32([-1], 0, 4) }, 4, 'bad-header', /shape/],
    ['a fractional size', { a: f32([0.5], 0, 2) }, 2, 'bad-header', /shape/],
    ['reversed offsets', { a: f32([1], 4, 0) }, 4, 'bad-header', /offsets/],
    [
      'one offset',
      { a: { ...f32([1], 0, 4), data_offsets: [0] } },
      4,
      'bad-header',
      /data_offsets/,
    ],
    ['an unknown dtype', { a: { ...f32([1], 0, 4), dtype: 'Q4' } }, 4, 'unsupported-dtype', /"Q4"/],
    ['float64 weights', { a: { ...f32([1], 0, 8), dtype: 'F64' } }, 8, 'unsupported-dtype', /F64/],
    ['data cut short', { a: f32([4], 0, 16) }, 12, 'truncated', /byte 16, got 12/],
    ['bytes left over', { a: f32([1], 0, 4) }, 5, 'bad-layout', /belong to no tensor/],
    ['an entry that is no object', { a: 3 }, 0, 'bad-header', /"a"/],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, 'bad-header', /__metadata__/],
    [
      'a duplicate name',
      `{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061":${JSON.stringify(f32([1], 4, 8))}}`,
      8,
      'bad-header',
      /"a" twice/,
    ],
    [
      'a duplicate field',
      '{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}',
      4,
      'bad-header',
      /"dtype" twice/,
    ],
    ['a header that is not JSON', '{"a":', 0, 'bad-header', /not valid JSON/],
    [
      'deep nesting',
      `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      0,
      'bad-header',
      /levels deep/,
    ],
    ['another format', 'PK\u0003\u0004', 0, 'bad-header', /Is this a safetensors file/],
  ])('%s', async (_, header, dataBytes, code, message) => {
    const error = await refusal(await fileOf(header, dataBytes));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('a header longer than the file, longer than 10 MB, or of 2^63 bytes', async () => {
    expect((await refusal(await fileOf('{}', 0, 100n))).code).toBe('truncated');
    expect((await refusal(await fileOf('{}', 0, 10n * 1024n * 1024n + 1n))).code).toBe('too-large');
    expect((await refusal(await fileOf('{}', 0, 2n ** 63n))).code).toBe('too-large');
  });

  test('more than 10,000 tensors', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_002 }, (_, i) => [`t${i}`, f32([0], 0, 0)]),
    );
    expect((await refusal(await fileOf(many, 0))).code).toBe('too-large');
  });

  test.each([
    ['F32', [0x7f, 0xc0, 0, 0].reverse()],
    ['F16', [0x00, 0x7c]],
    ['BF16', [0x80, 0xff]],
  ])('NaN and infinite %s weights', async (dtype, bytes) => {
    const entry = { dtype, shape: [1], data_offsets: [0, bytes.length] };
    const error = await refusal(await fileOf({ w: entry }, Uint8Array.from(bytes)));
    expect(error.code).toBe('not-finite');
    expect(error.tensor).toBe('w');
  });

  test('a file that is missing, empty, or a folder', async () => {
    expect((await refusal(join(folder, 'nowhere'))).code).toBe('unreadable');
    expect((await refusal(folder)).code).toBe('unreadable');
    const empty = join(folder, 'empty');
    await writeFile(empty, '');
    expect((await refusal(empty)).code).toBe('truncated');
  });

  test('a good file cut at any place', async () => {
    const whole = await readFile(`${fixtures}mixed.safetensors`);
    const path = join(folder, 'cut.safetensors');
    for (let cut = 0; cut < whole.length; cut += 11) {
      await writeFile(path, whole.subarray(0, cut));
      await refusal(path);
    }
  });

  test('a good file with any byte changed: refused by name, or read without a crash', async () => {
    const whole = await readFile(`${fixtures}mixed.safetensors`);
    const path = join(folder, 'flipped.safetensors');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const changed = Buffer.from(whole);
          changed[at] = (changed[at] as number) ^ flip;
          await writeFile(path, changed);
          await readSafetensors(path).catch((e) => expect(e).toBeInstanceOf(SafetensorsError));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('weights that cannot be written do not change the older file', () => {
  test.each<[string, Weights, 'F32' | 'F16']>([
    ['NaN', new Map([['w', { shape: [1], data: Float32Array.of(Number.NaN) }]]), 'F32'],
    ['too large for F16', new Map([['w', { shape: [1], data: Float32Array.of(65_520) }]]), 'F16'],
    ['a shape with no data', new Map([['w', { shape: [2], data: Float32Array.of(1) }]]), 'F32'],
  ])('%s', async (_, weights, storage) => {
    const path = join(folder, 'kept.safetensors');
    await writeFile(path, 'older');
    await expect(writeSafetensors(path, weights, { storage })).rejects.toThrow(SafetensorsError);
    expect(await readFile(path, 'utf8')).toBe('older');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
