/**
 * Compiles packages/cross-encoder/src/training/adamw-kernel.wat into adamw-kernel.ts. Run it after you
 * change the .wat file. `--check` writes nothing and fails if the .ts file is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const folder = new URL('../packages/cross-encoder/src/training/', import.meta.url);
const { parseWat } = await wabt();
const text = readFileSync(new URL('adamw-kernel.wat', folder), 'utf8');
const { buffer } = parseWat('adamw-kernel.wat', text, { simd: true }).toBinary({});
const lines = Buffer.from(buffer)
  .toString('base64')
  .match(/.{1,90}/g)
  .map((line) => `  '${line}'`)
  .join(' +\n');
const source = `/** adamw-kernel.wat, compiled by scripts/compile-kernel.mjs; do not edit. */\nexport const adamwKernel: string =\n${lines};\n`;

const target = new URL('adamw-kernel.ts', folder);
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== source) {
    console.error('adamw-kernel.ts is out of date. Run node scripts/compile-kernel.mjs.');
    process.exit(1);
  }
} else {
  writeFileSync(target, source);
}
