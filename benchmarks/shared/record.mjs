/** Saves and reads the results of a benchmark, with the machine they were measured on. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const THREADS = 2;

export function machine() {
  const [{ model } = { model: 'unknown' }] = cpus();
  return {
    cpu: model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    threads: THREADS,
  };
}

const pathOf = (name) => join(root, 'benchmarks/results', `${name}.json`);

/** The saved result, or null. */
export function read(name) {
  return existsSync(pathOf(name)) ? JSON.parse(readFileSync(pathOf(name), 'utf8')) : null;
}

export function save(name, result) {
  writeFileSync(pathOf(name), `${JSON.stringify({ machine: machine(), ...result }, null, 2)}\n`);
  console.log(`\nwritten: benchmarks/results/${name}.json`);
}

export const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
