/** The live model: a pointer that changes atomically, with an append-only history. */
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
  /** The class name of the loss that trained the new live model; null if its card has none. */
  loss: z.string().nullable(),
  reason: z.string(),
});

const pointerSchema = z.strictObject({
  id: z.string(),
  since: z.iso.datetime(),
  /** The earlier live models, the latest last. Rollback returns to them. */
  before: z.array(z.string()),
  /** The history row of the last change. A crash between pointer and history does not lose it. */
  move: historyRowSchema.nullable(),
});

export type LivePointer = z.infer<typeof pointerSchema>;
export type HistoryRow = z.infer<typeof historyRowSchema>;

const pointerPath = (dataDir: string) => join(modelsFolder(dataDir), 'live.json');
const historyPath = (dataDir: string) => join(modelsFolder(dataDir), 'history.jsonl');

/** The live model; the starter until a model is promoted. @throws {RegistryError} for a damaged pointer. */
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
      `${pointerPath(dataDir)} is damaged. Remove it to make the starter live, then promote a model.`,
    );
  }
}

/** The live model changed during a comparison with it. */
export class LiveChangedError extends RegistryError {
  constructor(id: string, compared: string, live: string) {
    super(
      `The live model changed from ${compared} to ${live} during the comparison with ${id}. Run the comparison again.`,
    );
  }
}

export interface Promotion {
  readonly reason: string;
  readonly forced?: boolean;
  /** The live model that it was compared with. If another model is live by now, the promotion fails. */
  readonly over?: string;
}

/**
 * Checks every file of a model against its manifest and makes the model live.
 * @throws {RegistryError} if it is missing or damaged. {LiveChangedError}. The live model stays.
 */
export async function promote(
  dataDir: string,
  id: string,
  { forced = false, reason, over }: Promotion,
): Promise<HistoryRow> {
  const manifest = await verifyModel(join(modelsFolder(dataDir), id));
  return move(dataDir, (live) => {
    if (live.id === id) throw new RegistryError(`${id} is live already.`);
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

/** Makes the previous live model live again. Repeatable, down to the starter. @throws {RegistryError} */
export async function rollback(
  dataDir: string,
  { reason = 'requested' }: { reason?: string } = {},
): Promise<HistoryRow> {
  return move(dataDir, async (live) => {
    const to = live.before.at(-1);
    if (to === undefined) {
      throw new RegistryError(`Cannot roll back: no model was live before ${live.id}.`);
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

/** All changes of the live model, oldest first. Skips a line that a crash cut off. */
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
 * Changes the pointer, which alone decides what is live, then appends to the history. The pointer contains the row, so
 * that the next change adds it if a crash prevented that.
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

/** A change takes milliseconds; a rollback to a large model on a busy machine takes many seconds. */
const LOCK_WAIT_MS = 60_000;

async function lockPointer(dataDir: string): Promise<() => Promise<void>> {
  try {
    return await waitForLock(`${pointerPath(dataDir)}.lock`, LOCK_WAIT_MS);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new RegistryError(
      `Another process is changing the live model: ${error.message}. Try again.`,
    );
  }
}
