/** All commands: a summary for the help, and the file that defines each. Every operation is a command. */
import { operationNames, registeredOperation } from '../../operations/index.js';
import type { DefineCommand } from '../command.js';

export interface CommandEntry {
  readonly summary: string;
  /** Loads the definition. `reranker --help` loads none, so that it appears at once. */
  readonly load: () => Promise<DefineCommand>;
}

/** The commands of operations. An operation without an entry gets its options from its schema. */
const operationCommands: Readonly<Record<string, CommandEntry['load']>> = {
  mine: async () => (await import('./mine.js')).mine,
  train: async () => (await import('./train.js')).train,
  evaluate: async () => (await import('./evaluate.js')).evaluate,
  promote: async () => (await import('./promote.js')).promote,
  import: async () => (await import('./import.js')).importFile,
  cycle: async () => (await import('./cycle.js')).cycle,
  demo: async () => (await import('./demo.js')).demo,
};

const otherCommands: Readonly<Record<string, CommandEntry>> = {
  dataset: {
    summary: 'Make datasets of mined records, and check whether they fit a loss',
    load: async () => (await import('./dataset.js')).dataset,
  },
  losses: {
    summary: 'List the losses and what each is for',
    load: async () => (await import('./losses.js')).losses,
  },
  rollback: {
    summary: 'Make the previous model live again',
    load: async () => (await import('./rollback.js')).rollback,
  },
  models: {
    summary: 'List the models with their losses; the live one is marked',
    load: async () => (await import('./models.js')).models,
  },
  history: {
    summary: 'Show which model was live when, and why',
    load: async () => (await import('./history.js')).history,
  },
  rerank: {
    summary: 'Rerank documents for a query',
    load: async () => (await import('./rerank.js')).rerank,
  },
  judgments: {
    summary: 'Show what mining would learn from clicks and ratings, and why',
    load: async () => (await import('./judgments.js')).judgments,
  },
  serve: {
    summary: 'Start the service: the HTTP API, and a worker that runs jobs',
    load: async () => (await import('./serve.js')).serve,
  },
  worker: {
    summary: 'Run the jobs of a service whose database is PostgreSQL',
    load: async () => (await import('./serve.js')).worker,
  },
  runs: {
    summary: 'List, show, follow, cancel and retry jobs',
    load: async () => (await import('./runs.js')).runs,
  },
  schedule: {
    summary: 'Run cycles at set times, such as every night',
    load: async () => (await import('./schedule.js')).schedule,
  },
  keys: {
    summary: 'Create, list and revoke API keys',
    load: async () => (await import('./keys.js')).keys,
  },
  config: {
    summary: 'Show every setting with its value and its source',
    load: async () => (await import('./config.js')).config,
  },
  doctor: {
    summary: 'Check the installation, and show how to fix problems',
    load: async () => (await import('./doctor.js')).doctor,
  },
  completion: {
    summary: 'Print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.js')).completion,
  },
};

export function commandEntries(): ReadonlyMap<string, CommandEntry> {
  const operations = operationNames().map((name): [string, CommandEntry] => [
    name,
    {
      summary: registeredOperation(name).summary,
      load:
        operationCommands[name] ??
        (async () => (await import('./derived.js')).derivedCommand(name)),
    },
  ]);
  return new Map([...operations, ...Object.entries(otherCommands)]);
}
