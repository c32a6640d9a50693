/** Every operation: its name, one sentence about it, and the file that defines it. */
import type { Operation } from './operation.js';

export interface RegisteredOperation {
  /** One sentence for the command line's help and for `/docs`. */
  readonly summary: string;
  /** Loads the definition. Help lists the operations without loading any: it must appear at once. */
  // biome-ignore lint/suspicious/noExplicitAny: each operation has a request type of its own
  readonly load: () => Promise<Operation<any>>;
}

/** By the name of the command, of the API path and of the kind of job. */
const registry = new Map<string, RegisteredOperation>();

export function registerOperation(name: string, operation: RegisteredOperation): void {
  registry.set(name, operation);
}

registerOperation('mine', {
  summary: 'Mine training records from code, files, an evaluation dataset or feedback',
  load: async () => (await import('./mine.js')).mine,
});
registerOperation('train', {
  summary: 'Train a model with a loss chosen by its SBERT name; it does not go live by itself',
  load: async () => (await import('./train.js')).train,
});
registerOperation('evaluate', {
  summary:
    'Compare a model with another on held-out queries, with BM25 and with confidence intervals',
  load: async () => (await import('./evaluate.js')).evaluate,
});
registerOperation('promote', {
  summary: 'Make a model live if it beats the live model on held-out queries',
  load: async () => (await import('./promote.js')).promote,
});
registerOperation('import', {
  summary: "Import another system's searches, clicks and judgments; importing twice adds nothing",
  load: async () => (await import('./import.js')).importFile,
});
registerOperation('cycle', {
  summary: 'Mine, train and evaluate, then promote the model if it passes the gate',
  load: async () => (await import('./cycle.js')).cycle,
});
registerOperation('demo', {
  summary: "Run the whole loop on the code of this machine's installed packages",
  load: async () => (await import('./demo.js')).demo,
});

export function operationNames(): string[] {
  return [...registry.keys()];
}

/** @throws when no operation has this name */
export function registeredOperation(name: string): RegisteredOperation {
  const found = registry.get(name);
  if (!found) throw new Error(`There is no operation '${name}'.`);
  return found;
}

export type LoadedOperations = ReadonlyMap<
  string,
  RegisteredOperation & { readonly operation: Operation }
>;

/** All operations with their definitions, for a service. */
export async function loadOperations(): Promise<LoadedOperations> {
  const loaded = await Promise.all(
    [...registry].map(
      async ([name, registered]) =>
        [name, { ...registered, operation: await registered.load() }] as const,
    ),
  );
  return new Map(loaded);
}
