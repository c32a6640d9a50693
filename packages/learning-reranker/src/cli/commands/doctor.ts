/** `reranker doctor`: what is installed, what runs, what is missing and how to get it. */

import { constants, existsSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { action, type CommandAction, type CommandContext } from '../command.js';
import { EXIT } from '../failure.js';

export function doctor(command: Command): void {
  command.addHelpText('after', '\nExample:\n  $ reranker doctor').action(action(checkAll));
}

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  /** How to get what is missing. */
  readonly remedy?: string;
}

const checkAll: CommandAction<object> = async (context) => {
  const findings = [
    nodeVersion(),
    machine(),
    platform(),
    ...(await Promise.all([
      runtime(context),
      int8(),
      starter(),
      live(context),
      grammars(),
      dataFolder(context),
    ])),
  ];
  for (const { what, ok, found, remedy } of findings) {
    context.print(
      `${ok ? styleText('green', '✓') : styleText('red', '✗')} ${what.padEnd(16)} ${found}`,
    );
    if (!ok && remedy) context.print(`  ${remedy}`);
  }
  if (findings.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
  return { ok: findings.every(({ ok }) => ok), findings };
};

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { what: 'Node', ok, found: process.versions.node, remedy: 'Install Node 20.19 or later.' };
}

function machine(): Finding {
  const memory = totalmem() / 2 ** 30;
  const found = `${availableParallelism()} cores, ${memory.toFixed(0)} GiB`;
  return {
    what: 'machine',
    ok: memory > 1.5,
    found,
    remedy: 'Training needs about 1.5 GiB of memory.',
  };
}

/** Where onnxruntime-node 1.30 has a library for. */
const SUPPORTED = ['linux x64', 'linux arm64', 'darwin arm64', 'win32 x64', 'win32 arm64'];

function platform(): Finding {
  const own = `${process.platform} ${process.arch}`;
  return {
    what: 'platform',
    ok: SUPPORTED.includes(own),
    found: own,
    remedy: `onnxruntime-node runs on ${SUPPORTED.join(', ')} (Linux with glibc).`,
  };
}

async function runtime({ settings }: CommandContext): Promise<Finding> {
  try {
    const { resolveModel } = await import('../../registry/index.js');
    const { ModelScorer } = await import('../../processes/model-scorer.js');
    const { path } = await resolveModel(settings.dataDir, 'starter');
    const scorer = await ModelScorer.open(path);
    const [near = 0, far = 0] = await scorer.predict([
      ['parse a date', 'export function parseDate(text: string): Date {'],
      ['parse a date', 'export function closeSocket(socket: Socket): void {'],
    ]);
    scorer.close();
    const ok = near > far;
    return {
      what: 'ONNX Runtime',
      ok,
      found: `ran the starter model: the right answer ${near.toFixed(3)}, a wrong one ${far.toFixed(3)}`,
      remedy: 'The model runs, but ranks a wrong answer first: is the starter model whole?',
    };
  } catch (error) {
    return {
      what: 'ONNX Runtime',
      ok: false,
      found: (error as Error).message,
      remedy:
        'Install it again: ONNXRUNTIME_NODE_INSTALL=skip npm install (its script would only download CUDA libraries, which nothing here uses).',
    };
  }
}

/** Which 8-bit weights this CPU multiplies exactly; both kinds score alike. */
async function int8(): Promise<Finding> {
  try {
    const { exactWeightType } = await import('@learning-reranker/cross-encoder');
    const found =
      (await exactWeightType()) === 'int8'
        ? 'signed 8-bit weights, the fastest: this CPU adds up their products exactly'
        : 'unsigned 8-bit weights: exact, where sums with signed ones overflow on this CPU';
    return { what: 'int8', ok: true, found };
  } catch (error) {
    return { what: 'int8', ok: false, found: (error as Error).message };
  }
}

async function starter(): Promise<Finding> {
  try {
    const { CrossEncoder } = await import('@learning-reranker/cross-encoder');
    const { resolveModel } = await import('../../registry/index.js');
    const { path } = await resolveModel('', 'starter');
    const model = await CrossEncoder.load(path);
    return {
      what: 'starter model',
      ok: true,
      found: `${model.weights.size} weights, ${model.tokenizer.vocabulary.size} tokens`,
    };
  } catch (error) {
    return { what: 'starter model', ok: false, found: (error as Error).message };
  }
}

async function live({ settings }: CommandContext): Promise<Finding> {
  try {
    const { resolveModel } = await import('../../registry/index.js');
    const { id, manifest } = await resolveModel(settings.dataDir, 'live');
    return {
      what: 'live model',
      ok: true,
      found: manifest ? `${id} (${manifest.loss.name}), every file as its manifest says` : id,
    };
  } catch (error) {
    return {
      what: 'live model',
      ok: false,
      found: (error as Error).message,
      remedy: 'reranker rollback, or promote another model.',
    };
  }
}

async function grammars(): Promise<Finding> {
  try {
    const { languages } = await import('../../mining/languages/index.js');
    const { findDeclarations } = await import('../../mining/syntax.js');
    const source = '/** Parses a date. */\nexport function parseDate(text: string): Date {}\n';
    const typescript = languages().find(({ name }) => name === 'typescript');
    const declarations = typescript ? await findDeclarations(source, typescript) : [];
    return {
      what: 'code parsing',
      ok: declarations.length > 0,
      found: languages()
        .map(({ name }) => name)
        .join(', '),
      remedy: 'Reinstall web-tree-sitter and @vscode/tree-sitter-wasm.',
    };
  } catch (error) {
    return {
      what: 'code parsing',
      ok: false,
      found: (error as Error).message,
      remedy: 'Reinstall web-tree-sitter and @vscode/tree-sitter-wasm.',
    };
  }
}

async function dataFolder({ settings }: CommandContext): Promise<Finding> {
  const what = 'data folder';
  let folder = resolve(settings.dataDir);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const free = (bavail * bsize) / 2 ** 30;
    return {
      what,
      ok: free > 1,
      found: `${settings.dataDir}, ${free.toFixed(0)} GiB free`,
      remedy: 'Free at least 1 GiB, or choose another folder with --data-dir.',
    };
  } catch (error) {
    return {
      what,
      ok: false,
      found: (error as Error).message,
      remedy: 'Choose a folder that can be written with --data-dir or AGRO_RERANKER_DATA_DIR.',
    };
  }
}
