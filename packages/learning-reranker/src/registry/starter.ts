/** The shipped model: where it lies, and what the card of a model without a manifest says of its loss. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RegistryError } from './models.js';

/** The id under which the shipped model is known. */
export const STARTER = 'starter';

/** The shipped model. @throws {RegistryError} saying where it was looked for. */
export function starterFolder(): string {
  const given = process.env.AGRO_RERANKER_STARTER;
  const candidates = given
    ? [given]
    : ['../../starter', '../../../../models/starter'].map((path) =>
        fileURLToPath(new URL(path, import.meta.url)),
      );
  const found = candidates.find((path) => existsSync(join(path, 'model.safetensors')));
  if (found) return found;
  throw new RegistryError(
    `the starter model is not in ${candidates.join(' or ')}; set AGRO_RERANKER_STARTER to its folder`,
  );
}

/** Cards of models that SBERT or this product saved carry tags `loss:<class>`; of several the last was trained with last. */
export async function lossOfCard(path: string): Promise<string | null> {
  const card = await readFile(join(path, 'README.md'), 'utf8').catch(() => '');
  const frontMatter = /^---\n([\s\S]*?)\n---/.exec(card)?.[1] ?? '';
  return [...frontMatter.matchAll(/^- loss:(\w+)$/gm)].at(-1)?.[1] ?? null;
}
