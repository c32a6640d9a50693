import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AtomicWriteError,
  type FileContent,
  writeFileAtomically,
  writeFolderAtomically,
} from '../../src/formats/atomic-write.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => Buffer.from(text);

/** Content that fails after its first chunk, as a full disk would. */
function* failing(code: string): Iterable<Uint8Array> {
  yield bytes('half');
  throw Object.assign(new Error('no space left on device'), { code });
}

describe('one file', () => {
  test('appears whole from text, bytes or chunks, with its missing parent folders', async () => {
    const path = join(folder, 'a/b/c.txt');
    for (const content of ['åb', bytes('åb'), [bytes('å'), bytes('b')]] satisfies FileContent[]) {
      await writeFileAtomically(path, content);
      expect(await readFile(path, 'utf8')).toBe('åb');
    }
    expect(await readdir(join(folder, 'a/b'))).toEqual(['c.txt']);
  });

  test('that cannot be finished leaves only the older one', async () => {
    const path = join(folder, 'kept.txt');
    await writeFile(path, 'older');
    const error = await writeFileAtomically(path, failing('ENOSPC')).catch((e) => e);
    expect(error).toBeInstanceOf(AtomicWriteError);
    expect(error).toMatchObject({ code: 'disk-full', path });
    expect(error.message).toMatch(/disk is full/);
    expect(await readFile(path, 'utf8')).toBe('older');
    expect(await readdir(folder)).toEqual(['kept.txt']);
  });

  test('removes files of a killed writer, but not those of a running one', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const living = execFile(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const host = hostname().replace(/[^A-Za-z0-9]/g, '');
    await writeFile(join(folder, `.m.txt.${host}-${dead}-00000000.tmp`), 'half');
    const mine = `.m.txt.${host}-${living.pid}-00000000.tmp`;
    await writeFile(join(folder, mine), 'half');
    await writeFile(join(folder, `.other.txt.${host}-${dead}-00000000.tmp`), 'half');
    try {
      await writeFileAtomically(join(folder, 'm.txt'), 'whole');
      const left = await readdir(folder);
      expect(left.sort()).toEqual(
        [mine, 'm.txt', `.other.txt.${host}-${dead}-00000000.tmp`].sort(),
      );
    } finally {
      living.kill();
    }
  });
});

describe('a folder', () => {
  const files = new Map<string, FileContent>([
    ['config.json', '{}'],
    ['onnx/model.onnx', bytes('onnx')],
  ]);

  test('appears with all its files, nested ones included', async () => {
    const target = join(folder, 'model');
    await writeFolderAtomically(target, files);
    expect(await readFile(join(target, 'onnx/model.onnx'), 'utf8')).toBe('onnx');
    expect(await readdir(folder)).toEqual(['model']);
  });

  test('replaces another folder only with replace, and then completely', async () => {
    const target = join(folder, 'model');
    await mkdir(target);
    await writeFile(join(target, 'old.txt'), 'old');
    await expect(writeFolderAtomically(target, files)).rejects.toMatchObject({ code: 'exists' });
    expect(await readdir(target)).toEqual(['old.txt']);
    await writeFolderAtomically(target, files, { replace: true });
    expect((await readdir(target)).sort()).toEqual(['config.json', 'onnx']);
    expect(await readdir(folder)).toEqual(['model']);
  });

  test('that cannot be finished does not appear, and the older one stays', async () => {
    const target = join(folder, 'model');
    const broken = () =>
      new Map<string, FileContent>([
        ['a', 'whole'],
        ['b', failing('EIO')],
      ]);
    await expect(writeFolderAtomically(target, broken())).rejects.toThrow(AtomicWriteError);
    expect(await readdir(folder)).toEqual([]);
    await writeFolderAtomically(target, files);
    await expect(writeFolderAtomically(target, broken(), { replace: true })).rejects.toThrow();
    expect((await readdir(target)).sort()).toEqual(['config.json', 'onnx']);
    expect(await readdir(folder)).toEqual(['model']);
  });

  describe('that a killed writer had moved aside', () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const host = hostname().replace(/[^A-Za-z0-9]/g, '');
    const aside = () => join(folder, `.model.${host}-${dead}-00000000.tmp.replaced`);
    const moveAside = async () => {
      await mkdir(aside());
      await writeFile(join(aside(), 'old.txt'), 'old');
    };

    test('is put back, and stays unless it may be replaced', async () => {
      const target = join(folder, 'model');
      await moveAside();
      await expect(writeFolderAtomically(target, files)).rejects.toMatchObject({ code: 'exists' });
      expect(await readdir(folder)).toEqual(['model']);
      expect(await readFile(join(target, 'old.txt'), 'utf8')).toBe('old');
      await writeFolderAtomically(target, files, { replace: true });
      expect((await readdir(target)).sort()).toEqual(['config.json', 'onnx']);
      expect(await readdir(folder)).toEqual(['model']);
    });

    test('is removed if a newer one is in place', async () => {
      const target = join(folder, 'model');
      await writeFolderAtomically(target, files);
      await moveAside();
      await writeFolderAtomically(target, files, { replace: true });
      expect((await readdir(target)).sort()).toEqual(['config.json', 'onnx']);
      expect(await readdir(folder)).toEqual(['model']);
    });
  });

  test.each(['../out', '/etc/x', 'a/../../out', '', '.', '..', 'a\\b', 'a\0b'])(
    'takes no file named %j',
    async (name) => {
      await expect(
        writeFolderAtomically(join(folder, 'model'), new Map([[name, 'x']])),
      ).rejects.toMatchObject({ code: 'bad-name' });
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

test('a writer killed at any moment leaves the old state or the new one', async () => {
  const target = join(folder, 'model');
  const source = await readFile(
    new URL('../../src/formats/atomic-write.ts', import.meta.url),
    'utf8',
  );
  const compiled = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  }).outputText;
  const script = `${compiled}
    for (let round = 1; ; round++) {
      const text = String(round).repeat(50_000);
      const files = new Map([['a', text], ['b/c', text]]);
      await writeFolderAtomically(${JSON.stringify(target)}, files, { replace: true });
    }`;
  for (let attempt = 0; attempt < 6; attempt++) {
    const child = execFile(process.execPath, ['--input-type=module', '-e', script]);
    while (!existsSync(target)) await wait(5);
    await wait(60 + attempt * 7);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    // Between the two renames the older folder stands, whole, under its temporary name: the only one
    // of that name then, as the next writer settles what it finds.
    const names = await readdir(folder);
    const standing = names.find((name) => name === 'model') ?? names.find(isReplaced);
    expect(standing).toBeDefined();
    const read = (file: string) => readFile(join(folder, String(standing), file), 'utf8');
    expect(await read('b/c')).toBe(await read('a'));
  }
});

const isReplaced = (name: string) => name.endsWith('.replaced');
