import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../packages', import.meta.url));

/** Each package may import those after it, by name. */
const order = ['learning-reranker', 'cross-encoder', 'onnx-autodiff'];

/** A package's public faces: its index, and parts of it for callers that must start fast. */
const faces = [undefined, '/errors', '/graph', '/descriptions'];

/** Within learning-reranker a room imports only rooms before it. */
const rooms = [
  'config',
  'records',
  'database',
  'feedback',
  'judgments',
  'exchange',
  'mining',
  'datasets',
  'registry',
  'processes',
  'comparison',
  'training',
  'serving',
  'telemetry',
  'operations',
  'jobs',
  'api',
  'cli',
];

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** What a file imports; text in it that only looks like an import stands inside a line. */
function imports(file: string): string[] {
  const pattern = /^(?:import|export|\}).*from '([^']+)'|import\('([^']+)'\)/gm;
  const found = readFileSync(file, 'utf8').matchAll(pattern);
  return [...found].map(([, statement, call]) => (statement ?? call) as string);
}

test.each(order)('%s imports only packages to its right, by their public face', (name) => {
  const allowed = order.slice(order.indexOf(name) + 1);
  const folder = join(packages, name, 'src');
  for (const file of sources(folder)) {
    for (const specifier of imports(file)) {
      if (specifier.startsWith('.')) {
        const target = relative(folder, resolve(dirname(file), specifier));
        expect(target.startsWith('..'), `${file} imports ${specifier}`).toBe(false);
      }
      const own =
        /^(?:@learning-reranker\/)?(learning-reranker|cross-encoder|onnx-autodiff)(\/.*)?$/.exec(
          specifier,
        );
      if (!own) continue;
      expect(allowed, `${file} imports ${specifier}`).toContain(own[1]);
      expect(faces, `${file} imports past the face of ${own[1]}`).toContain(own[2]);
    }
  }
});

test.each(['benchmarks', 'examples', 'scripts', 'models/starter/recipe/src'])(
  '%s imports packages by their names',
  (folder) => {
    const root = join(packages, '..');
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(mjs|ts)$/.test(file))
      .map((file) => join(root, folder, file));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      for (const specifier of imports(file)) {
        expect(specifier, file).not.toMatch(/packages\/|\/(dist|src)\//);
      }
    }
  },
);

test('a room of learning-reranker imports only rooms above it', () => {
  const folder = join(packages, 'learning-reranker', 'src');
  const roomOf = (path: string) => relative(folder, path).split(sep)[0] as string;
  for (const file of sources(folder)) {
    const own = rooms.indexOf(roomOf(file));
    if (own < 0) continue;
    for (const specifier of imports(file)) {
      if (!specifier.startsWith('.')) continue;
      const target = rooms.indexOf(roomOf(resolve(dirname(file), specifier)));
      expect(target, `${file} imports ${specifier}`).toBeLessThanOrEqual(own);
    }
  }
});
