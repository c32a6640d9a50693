/** Which model is live: one pointer, moved atomically, with a history that only grows. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { JsonLinesError, readJsonLines } from '../records/json-lines.js';
import { appendJsonLines } from '../records/json-lines-writer.js';
import { LockHeldError, waitForLock } from '../records/process-lock.js';
import { modelsFolder, RegistryError, verifyModel } from './models.js';
import { lossOfCard, STARTER, starterFolder } from './starter.js';

const historyRowSchema = z.strictObject({
  time: z.iso.datetime(),
  action: z.enum(['promote', 'force-promote', 'rollback']),
  from: z.string(),
  to: z.string(),
  /** The class name of the loss that made the model now live; null where its card does not say. */
  loss: z.string().nullable(),
  reason: z.string(),
});

const pointerSchema = z.strictObject({
  id: z.string(),
  since: z.iso.datetime(),
  /** What was live before it, one below the other: where rollback goes. */
  before: z.array(z.string()),
  /** The history's row of this move: a crash between pointer and history loses nothing. */
  move: historyRowSchema.nullable(),
});

export type LivePointer = z.infer<typeof pointerSchema>;
export type HistoryRow = z.infer<typeof historyRowSchema>;

const pointerPath = (dataDir: string) => join(modelsFolder(dataDir), 'live.json');
const historyPath = (dataDir: string) => join(modelsFolder(dataDir), 'history.jsonl');

/** The starter is live until something is promoted. @throws {RegistryError} for a damaged pointer. */
export async function readLive(dataDir: string): Promise<LivePointer> {
  const text = await readFile(pointerPath(dataDir), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
  if (text === null)
    return { id: STARTER, since: new Date(0).toISOString(), before: [], move: null };
  try {
    return pointerSchema.parse(JSON.parse(text));
  } catch {
    throw new RegistryError(
      `${pointerPath(dataDir)} is damaged; remove it to make the starter live, or promote a model`,
    );
  }
}

/** Another model went live than the one that was compared with. */
export class LiveChangedError extends RegistryError {
  constructor(id: string, compared: string, live: string) {
    super(
      `${id} was compared with ${compared}, and ${live} went live meanwhile, which it never faced. Compare it again.`,
    );
  }
}

export interface Promotion {
  readonly reason: string;
  readonly forced?: boolean;
  /** What it was found better than: if another is live by now, nothing is moved. */
  readonly over?: string;
}

/**
 * Makes a model live, once every file of it is what its manifest says.
 * @throws {RegistryError} when it is not there or damaged; what was live stays. {LiveChangedError}
 */
export async function promote(
  dataDir: string,
  id: string,
  { forced = false, reason, over }: Promotion,
): Promise<HistoryRow> {
  const manifest = await verifyModel(join(modelsFolder(dataDir), id));
  return move(dataDir, (live) => {
    if (live.id === id) throw new RegistryError(`${id} is live already`);
    if (over !== undefined && live.id !== over) throw new LiveChangedError(id, over, live.id);
    return {
      before: [...live.before, live.id],
      row: {
        action: forced ? 'force-promote' : 'promote',
        from: live.id,
        to: id,
        loss: manifest.loss.name,
        reason,
      },
    };
  });
}

/** Makes live what was live before; repeatable, down to the starter. @throws {RegistryError} */
export async function rollback(
  dataDir: string,
  { reason = 'asked for' }: { reason?: string } = {},
): Promise<HistoryRow> {
  return move(dataDir, async (live) => {
    const to = live.before.at(-1);
    if (to === undefined) {
      throw new RegistryError(`nothing was live before ${live.id}: there is nothing to go back to`);
    }
    const loss =
      to === STARTER
        ? await lossOfCard(starterFolder())
        : (await verifyModel(join(modelsFolder(dataDir), to))).loss.name;
    return {
      before: live.before.slice(0, -1),
      row: { action: 'rollback', from: live.id, to, loss, reason },
    };
  });
}

/** What was live when, oldest first; a line torn by a crash is passed over. */
export async function readHistory(dataDir: string): Promise<HistoryRow[]> {
  const rows = await readRows(dataDir);
  const { move: last } = await readLive(dataDir);
  return last && !isLast(rows, last) ? [...rows, last] : rows;
}

async function readRows(dataDir: string): Promise<HistoryRow[]> {
  try {
    return (await readJsonLines(historyPath(dataDir), { schema: historyRowSchema })).values;
  } catch (error) {
    if (error instanceof JsonLinesError && error.code === 'unreadable-file') return [];
    throw error;
  }
}

interface Move {
  readonly before: readonly string[];
  readonly row: Omit<HistoryRow, 'time'>;
}

/**
 * Moves the pointer and then writes the history: the pointer alone says what is live. It carries the
 * row, so that the next move writes what a crash between the two left out.
 */
async function move(
  dataDir: string,
  decide: (live: LivePointer) => Move | Promise<Move>,
): Promise<HistoryRow> {
  const release = await lockPointer(dataDir);
  try {
    const live = await readLive(dataDir);
    const { before, row } = await decide(live);
    const missing = live.move && !isLast(await readRows(dataDir), live.move) ? [live.move] : [];
    const entry: HistoryRow = { time: new Date().toISOString(), ...row };
    const pointer = { id: row.to, since: entry.time, before, move: entry };
    await writeFileAtomically(pointerPath(dataDir), `${JSON.stringify(pointer, null, 2)}\n`);
    await appendJsonLines(historyPath(dataDir), [...missing, entry]);
    return entry;
  } finally {
    await release();
  }
}

function isLast(rows: readonly HistoryRow[], row: HistoryRow): boolean {
  return JSON.stringify(rows.at(-1)) === JSON.stringify(row);
}

/** A change takes milliseconds, or, where a rollback verifies a large model on a busy machine, many seconds. */
const LOCK_WAIT_MS = 60_000;

async function lockPointer(dataDir: string): Promise<() => Promise<void>> {
  try {
    return await waitForLock(`${pointerPath(dataDir)}.lock`, LOCK_WAIT_MS);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new RegistryError(`what is live is being changed: ${error.message}. Try again.`);
  }
}
