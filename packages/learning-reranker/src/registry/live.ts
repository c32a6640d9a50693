/** Which model is live: one pointer, moved atomically, with a history that only grows. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { readJsonLines } from '../records/json-lines.js';
import { appendJsonLines } from '../records/json-lines-writer.js';
import { modelsFolder, RegistryError, verifyModel } from './models.js';

/** The id under which the shipped model is known. */
export const STARTER = 'starter';

const pointerSchema = z.strictObject({
  id: z.string(),
  since: z.iso.datetime(),
  /** What was live before it, one below the other: where rollback goes. */
  before: z.array(z.string()),
});

export const historyRowSchema = z.strictObject({
  time: z.iso.datetime(),
  action: z.enum(['promote', 'force-promote', 'rollback']),
  from: z.string(),
  to: z.string(),
  /** The class name of the loss that made the model now live; null for the starter. */
  loss: z.string().nullable(),
  reason: z.string(),
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
  if (text === null) return { id: STARTER, since: new Date(0).toISOString(), before: [] };
  try {
    return pointerSchema.parse(JSON.parse(text));
  } catch {
    throw new RegistryError(
      `${pointerPath(dataDir)} is damaged; remove it to make the starter live, or promote a model`,
    );
  }
}

/**
 * Makes a model live, once every file of it is what its manifest says.
 * @throws {RegistryError} when it is not there or damaged; what was live stays.
 */
export async function promote(
  dataDir: string,
  id: string,
  { forced = false, reason }: { forced?: boolean; reason: string },
): Promise<HistoryRow> {
  const manifest = await verifyModel(join(modelsFolder(dataDir), id));
  const live = await readLive(dataDir);
  if (live.id === id) throw new RegistryError(`${id} is live already`);
  const before = [...live.before, live.id];
  return move(
    dataDir,
    { id, before },
    {
      action: forced ? 'force-promote' : 'promote',
      from: live.id,
      to: id,
      loss: manifest.loss.name,
      reason,
    },
  );
}

/** Makes live what was live before; repeatable, down to the starter. @throws {RegistryError} */
export async function rollback(dataDir: string): Promise<HistoryRow> {
  const live = await readLive(dataDir);
  const id = live.before.at(-1);
  if (id === undefined) {
    throw new RegistryError(`nothing was live before ${live.id}: there is nothing to go back to`);
  }
  const loss =
    id === STARTER ? null : (await verifyModel(join(modelsFolder(dataDir), id))).loss.name;
  return move(
    dataDir,
    { id, before: live.before.slice(0, -1) },
    {
      action: 'rollback',
      from: live.id,
      to: id,
      loss,
      reason: 'asked for',
    },
  );
}

/** What was live when, oldest first; a line torn by a crash is passed over. */
export async function readHistory(dataDir: string): Promise<HistoryRow[]> {
  try {
    return (await readJsonLines(historyPath(dataDir), { schema: historyRowSchema })).values;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'unreadable-file') return [];
    throw error;
  }
}

/** The pointer moves first: it alone says what is live. */
async function move(
  dataDir: string,
  to: Pick<LivePointer, 'id' | 'before'>,
  row: Omit<HistoryRow, 'time'>,
): Promise<HistoryRow> {
  const time = new Date().toISOString();
  const pointer: LivePointer = { ...to, since: time };
  await writeFileAtomically(pointerPath(dataDir), `${JSON.stringify(pointer, null, 2)}\n`);
  const entry: HistoryRow = { time, ...row };
  await appendJsonLines(historyPath(dataDir), [entry]);
  return entry;
}
