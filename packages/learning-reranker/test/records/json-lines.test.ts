import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JsonLinesError, readJsonLines } from '../../src/records/json-lines.js';
import { appendJsonLines, writeJsonLines } from '../../src/records/json-lines-writer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-lines-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `${files++}.jsonl`);
  await writeFile(path, content);
  return path;
}

describe('reading JSON lines', () => {
  it('names malformed lines by number, skips them and keeps the rest', async () => {
    const path = await fileOf('{"a":1}\nnot json\n\n{"a":2}\n{"a":"x"}\n{"a":3');
    const read = await readJsonLines(path, { schema: z.object({ a: z.number() }) });
    expect(read.values).toEqual([{ a: 1 }, { a: 2 }]);
    expect(read.malformed.map(({ line }) => line)).toEqual([2, 5, 6]);
    expect(read.malformed[1]?.problem).toContain('a: ');
  });

  it('stops at the first malformed line when strict, saying which', async () => {
    const path = await fileOf('{"a":1}\n{broken\n');
    const error = await readJsonLines(path, { strict: true }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(JsonLinesError);
    expect(error).toMatchObject({ code: 'malformed-line', line: 2, path });
  });

  it('reads an empty file as no values and fails if the file does not exist', async () => {
    expect(await readJsonLines(await fileOf(''))).toEqual({ values: [], malformed: [] });
    await expect(readJsonLines(join(folder, 'missing.jsonl'))).rejects.toMatchObject({
      code: 'unreadable-file',
    });
    await expect(readJsonLines(folder)).rejects.toMatchObject({ code: 'unreadable-file' });
  });

  it('reads UTF-8 with a byte order mark, Windows line ends and UTF-16', async () => {
    const rows = '{"a":"é😀"}\r\n{"a":"ü"}\r\n';
    const littleEndian = Buffer.from(`\ufeff${rows}`, 'utf16le');
    const bigEndian = Buffer.from(littleEndian).swap16();
    for (const content of [Buffer.from(`\ufeff${rows}`), littleEndian, bigEndian]) {
      const { values, malformed } = await readJsonLines(await fileOf(content));
      expect(values).toEqual([{ a: 'é😀' }, { a: 'ü' }]);
      expect(malformed).toEqual([]);
    }
  });

  it('reports a line in another encoding and reads its neighbours', async () => {
    const latin1 = Buffer.from('{"a":"caf\u00e9"}\n', 'latin1');
    const path = await fileOf(Buffer.concat([latin1, Buffer.from('{"a":"fine"}\n')]));
    const { values, malformed } = await readJsonLines(path);
    expect(values).toEqual([{ a: 'fine' }]);
    expect(malformed).toEqual([{ line: 1, problem: 'is not UTF-8 text' }]);
  });

  it('cleans NUL bytes and lone surrogates and reports a line of zeros', async () => {
    const path = await fileOf('{"a":"x\\u0000y\\ud800z"}\n{"a":"p\0q"}\n\0\0\0\0\n');
    const { values, malformed } = await readJsonLines(path);
    expect(values).toEqual([{ a: 'xy\ufffdz' }, { a: 'pq' }]);
    expect(malformed.map(({ line }) => line)).toEqual([3]);
  });

  it('reads a text of megabytes, and refuses only lines above the limit', async () => {
    const long = 'word '.repeat(600_000);
    const path = await fileOf(`${JSON.stringify({ a: long })}\n{"a":"short"}\n`);
    expect((await readJsonLines(path)).values).toEqual([{ a: long }, { a: 'short' }]);
    const limited = await readJsonLines(path, { maximumLineBytes: 1000 });
    expect(limited.values).toEqual([{ a: 'short' }]);
    expect(limited.malformed.map(({ line }) => line)).toEqual([1]);
  });
});

describe('writing JSON lines', () => {
  it('writes any well-formed rows so that reading returns them', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const row = fc.record({
      query: text,
      scores: fc.array(fc.integer()),
      nested: fc.record({ text }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const path = join(folder, 'round-trip.jsonl');
        expect(await writeJsonLines(path, rows)).toBe(rows.length);
        expect((await readJsonLines(path, { strict: true })).values).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps the old file and leaves no other if the rows fail halfway', async () => {
    const place = await mkdtemp(join(folder, 'half-'));
    const path = join(place, 'rows.jsonl');
    await writeJsonLines(path, [{ a: 1 }]);
    function* failing() {
      yield { a: 'x'.repeat(500_000) };
      throw new Error('source broke off');
    }
    await expect(writeJsonLines(path, failing())).rejects.toThrow('source broke off');
    expect(await readFile(path, 'utf8')).toBe('{"a":1}\n');
    expect(await readdir(place)).toEqual(['rows.jsonl']);
  });

  it('appends after a torn last line without spoiling a row', async () => {
    const path = await fileOf('{"a":1}\n{"a":2,"text":"to');
    expect(await appendJsonLines(path, [{ a: 3 }])).toBe(1);
    expect(await appendJsonLines(path, [{ a: 4 }])).toBe(1);
    const { values, malformed } = await readJsonLines(path);
    expect(values).toEqual([{ a: 1 }, { a: 3 }, { a: 4 }]);
    expect(malformed.map(({ line }) => line)).toEqual([2]);
  });

  it('appends to a new file in a new folder', async () => {
    const path = join(folder, 'new', 'deep', 'rows.jsonl');
    await appendJsonLines(path, [{ a: 1 }]);
    expect(await readFile(path, 'utf8')).toBe('{"a":1}\n');
  });
});
