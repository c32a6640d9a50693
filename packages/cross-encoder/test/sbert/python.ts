/** Runs the scripts of this folder with the Python that `npm run test:sbert` prepares. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs `script` of this folder; its own message is in the error when it fails. */
export async function runPython(script: string, args: readonly string[]): Promise<void> {
  const python = process.env.SBERT_PYTHON;
  if (!python) {
    throw new Error('SBERT_PYTHON is not set. Run this suite with: npm run test:sbert');
  }
  const path = fileURLToPath(new URL(script, import.meta.url));
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' };
  await execute(python, [path, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
}

/** A folder for one suite's models and results, gone after it. */
export class Workbench {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Workbench> {
    return new Workbench(await mkdtemp(join(tmpdir(), 'cross-encoder-sbert-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async writeJsonl(name: string, rows: readonly object[]): Promise<string> {
    const path = this.path(name);
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  }

  /** all-MiniLM-L6-v2 with a random head from a seed, saved by sentence-transformers, no dropout. */
  async makeModel(name: string, numLabels: number, maxLength = 256): Promise<string> {
    const path = this.path(name);
    const options = { 'num-labels': numLabels, 'max-length': maxLength, dropout: 0 };
    const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
    await runPython('make_model.py', [path, ...args]);
    return path;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
