/** `reranker doctor`: checks the installation, and shows how to fix problems. */
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
  /** How to fix the problem. */
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

/** A check whose error is what it found. */
async function check(
  what: string,
  remedy: string | undefined,
  run: () => Promise<Omit<Finding, 'what'>>,
): Promise<Finding> {
  const failed = (error: Error) => ({ ok: false, found: error.message });
  return { what, ...(remedy !== undefined && { remedy }), ...(await run().catch(failed)) };
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { what: 'Node', ok, found: process.versions.node, remedy: 'Install Node 20.19 or later.' };
}

function machine(): Finding {
  const memory = totalmem() / 2 ** 30;
  const found = `${availableParallelism()} cores, ${memory.toFixed(0)} GiB`;
  const remedy = 'Training needs about 1.5 GiB of memory.';
  return { what: 'machine', ok: memory > 1.5, found, remedy };
}

/** The platforms for which onnxruntime-node 1.30 has a library. */
const SUPPORTED = ['linux x64', 'linux arm64', 'darwin arm64', 'win32 x64', 'win32 arm64'];

function platform(): Finding {
  const found = `${process.platform} ${process.arch}`;
  const remedy = `onnxruntime-node runs on ${SUPPORTED.join(', ')} (Linux with glibc).`;
  return { what: 'platform', ok: SUPPORTED.includes(found), found, remedy };
}

function runtime({ settings }: CommandContext): Promise<Finding> {
  const remedy =
    'Install it again: ONNXRUNTIME_NODE_INSTALL=skip npm install (its script would only download CUDA libraries, which are not used).';
  return check('ONNX Runtime', remedy, async () => {
    const { resolveModel } = await import('../../registry/index.js');
    const { ModelScorer } = await import('../../processes/model-scorer.js');
    const { path } = await resolveModel(settings.dataDir, 'starter');
    const scorer = await ModelScorer.open(path);
    const [near = 0, far = 0] = await scorer.predict([
      ['parse a date', 'export function parseDate(text: string): Date {'],
      ['parse a date', 'export function closeSocket(socket: Socket): void {'],
    ]);
    scorer.close();
    return {
      ok: near > far,
      found: `ran the starter model: ${near.toFixed(3)} for a relevant document, ${far.toFixed(3)} for another`,
      remedy: 'The starter model ranks an irrelevant document first. Install the package again.',
    };
  });
}

/** The 8-bit weights that this CPU multiplies exactly. Both kinds give the same scores. */
function int8(): Promise<Finding> {
  return check('int8', undefined, async () => {
    const { exactWeightType } = await import('@learning-reranker/cross-encoder');
    const found =
      (await exactWeightType()) === 'int8'
        ? 'signed 8-bit weights, the fastest: this CPU adds their products exactly'
        : 'unsigned 8-bit weights: on this CPU, sums with signed weights would overflow';
    return { ok: true, found };
  });
}

function starter(): Promise<Finding> {
  return check('starter model', undefined, async () => {
    const { CrossEncoder } = await import('@learning-reranker/cross-encoder');
    const { resolveModel } = await import('../../registry/index.js');
    const { path } = await resolveModel('', 'starter');
    const { weights, tokenizer } = await CrossEncoder.load(path);
    return { ok: true, found: `${weights.size} weights, ${tokenizer.vocabulary.size} tokens` };
  });
}

function live({ settings }: CommandContext): Promise<Finding> {
  const remedy = 'Run reranker rollback, or promote another model.';
  return check('live model', remedy, async () => {
    const { resolveModel } = await import('../../registry/index.js');
    const { id, manifest } = await resolveModel(settings.dataDir, 'live');
    const found = manifest ? `${id} (${manifest.loss.name}); all files match its manifest` : id;
    return { ok: true, found };
  });
}

function grammars(): Promise<Finding> {
  const remedy = 'Install web-tree-sitter and @vscode/tree-sitter-wasm again.';
  return check('code parsing', remedy, async () => {
    const { languages } = await import('../../mining/languages/index.js');
    const { findDeclarations } = await import('../../mining/syntax.js');
    const source = '/** Parses a date. */\nexport function parseDate(text: string): Date {}\n';
    const typescript = languages().find(({ name }) => name === 'typescript');
    const declarations = typescript ? await findDeclarations(source, typescript) : [];
    const names = languages().map(({ name }) => name);
    return { ok: declarations.length > 0, found: names.join(', ') };
  });
}

function dataFolder({ settings }: CommandContext): Promise<Finding> {
  const remedy = 'Choose a writable folder with --data-dir or AGRO_RERANKER_DATA_DIR.';
  return check('data folder', remedy, async () => {
    let folder = resolve(settings.dataDir);
    while (!existsSync(folder)) folder = dirname(folder);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const free = (bavail * bsize) / 2 ** 30;
    return {
      ok: free > 1,
      found: `${settings.dataDir}, ${free.toFixed(0)} GiB free`,
      remedy: 'Free at least 1 GiB, or choose another folder with --data-dir.',
    };
  });
}
