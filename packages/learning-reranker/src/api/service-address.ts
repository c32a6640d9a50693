/** Where the service of a data folder listens, in a file of that folder: commands find it without being told. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { z } from 'zod';

const addressSchema = z.object({
  url: z.url({ protocol: /^http$/ }),
  /** Which start of a service this is: another may answer at the address by now. */
  instance: z.string(),
});

export type ServiceAddress = z.infer<typeof addressSchema>;

const pathOf = (dataDir: string) => join(dataDir, 'service.json');

/** Says where it is; what comes back takes that away again, unless another service said so since. */
export async function publishAddress(
  dataDir: string,
  address: ServiceAddress,
): Promise<() => Promise<void>> {
  await writeFileAtomically(pathOf(dataDir), `${JSON.stringify(address)}\n`);
  return async () => {
    const current = await readAddress(dataDir);
    if (current?.instance === address.instance) await rm(pathOf(dataDir), { force: true });
  };
}

/** What the file says; a service that was killed leaves it behind. */
export async function readAddress(dataDir: string): Promise<ServiceAddress | null> {
  const text = await readFile(pathOf(dataDir), 'utf8').catch(() => '');
  try {
    return addressSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
