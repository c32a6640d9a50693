/** Looks at what the product needs and says what is missing and how to get it. */
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { styleText } from 'node:util';
import { CrossEncoder } from '@learning-reranker/cross-encoder';
import { LANGUAGES } from '../../mining/languages/index.js';
import { readLive, resolveModel, verifyModel } from '../../registry/index.js';
import { ModelScorer } from '../../runs/index.js';
import type { CommandAction, CommandContext } from '../command.js';
import { EXIT } from '../failure.js';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  /** How to get what is missing. */
  readonly remedy?: string;
}

export const doctor: CommandAction<object> = async (context) => {
  const findings = [
    nodeVersion(),
    machine(),
    ...(await Promise.all([runtime(context), starter(), live(context), disk()])),
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
  const found = `${process.platform} ${process.arch}, ${availableParallelism()} cores, ${memory.toFixed(0)} GiB`;
  return {
    what: 'machine',
    ok: memory > 1.5,
    found,
    remedy: 'Training needs about 1.5 GiB of memory.',
  };
}

async function runtime({ settings }: CommandContext): Promise<Finding> {
  try {
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
      found: `ran the starter model: ${near.toFixed(3)} against ${far.toFixed(3)}`,
    };
  } catch (error) {
    return {
      what: 'ONNX Runtime',
      ok: false,
      found: (error as Error).message,
      remedy:
        'Reinstall onnxruntime-node 1.30.0; without network set ONNXRUNTIME_NODE_INSTALL=skip.',
    };
  }
}

async function starter(): Promise<Finding> {
  try {
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
    const { id } = await readLive(settings.dataDir);
    const { path, manifest } = await resolveModel(settings.dataDir, id);
    if (manifest) await verifyModel(path);
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

async function disk(): Promise<Finding> {
  const { bavail, bsize } = await statfs('.');
  const free = (bavail * bsize) / 2 ** 30;
  return {
    what: 'disk',
    ok: free > 1,
    found: `${free.toFixed(0)} GiB free; languages mined: ${LANGUAGES.map(({ name }) => name).join(', ')}`,
    remedy: 'Free at least 1 GiB.',
  };
}
