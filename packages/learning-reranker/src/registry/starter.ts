/** The starter model, and the loss in the model card of a model without a manifest. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RegistryError } from './models.js';

/** The id of the starter model. */
export const STARTER = 'starter';

/** The folder of the starter model. @throws {RegistryError} if it is missing. */
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
    `The starter model is not in ${candidates.join(' or ')}. Set AGRO_RERANKER_STARTER to its folder.`,
  );
}

/** Model cards of SBERT and of this product have tags `loss:<class>`. The last tag is the loss of the last training. */
export async function lossOfCard(path: string): Promise<string | null> {
  const card = await readFile(join(path, 'README.md'), 'utf8').catch(() => '');
  const frontMatter = /^---\n([\s\S]*?)\n---/.exec(card)?.[1] ?? '';
  return [...frontMatter.matchAll(/^- loss:(\w+)$/gm)].at(-1)?.[1] ?? null;
}
