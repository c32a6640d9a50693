/** API keys with their scopes. Only a hash of each key is stored. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';

/** What a key allows; `admin` allows everything. */
export const scopes = ['read', 'rerank', 'feedback', 'train', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly created: string;
  readonly revoked: string | null;
}

export class ApiKeys {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Creates a key. It is returned here and never again. */
  async create(name: string, granted: readonly Scope[]): Promise<{ id: string; key: string }> {
    const id = randomBytes(6).toString('hex');
    const key = `rr_${id}_${randomBytes(24).toString('base64url')}`;
    await this.#db
      .insertInto('api_keys')
      .values({ id, name, hash: hashOf(key), scopes: JSON.stringify(granted), created: new Date() })
      .execute();
    return { id, key };
  }

  async list(): Promise<ApiKey[]> {
    const rows = await this.#db.selectFrom('api_keys').selectAll().orderBy('created').execute();
    return rows.map(({ id, name, scopes: granted, created, revoked }) => ({
      id,
      name,
      scopes: granted as readonly Scope[],
      created: created.toISOString(),
      revoked: revoked?.toISOString() ?? null,
    }));
  }

  /** Revokes a key. Returns whether there was an active one. */
  async revoke(id: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('api_keys')
      .set({ revoked: new Date() })
      .where('id', '=', id)
      .where('revoked', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** The scopes of an active key; null for any other text. */
  async scopesOf(key: string): Promise<readonly Scope[] | null> {
    const id = /^rr_([0-9a-f]{12})_[\w-]{32}$/.exec(key)?.[1];
    if (id === undefined) return null;
    const row = await this.#db
      .selectFrom('api_keys')
      .select(['hash', 'scopes', 'revoked'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row || row.revoked !== null) return null;
    const isSame = timingSafeEqual(Buffer.from(row.hash), Buffer.from(hashOf(key)));
    return isSame ? (row.scopes as readonly Scope[]) : null;
  }
}

/** A plain hash suffices, because a key is long and random. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The key in `Authorization: Bearer <key>`, which the vendors' clients send, or in `X-Api-Key`. */
export function keyOf(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const { authorization, 'x-api-key': own } = headers;
  if (typeof own === 'string') return own;
  if (typeof authorization !== 'string') return null;
  return /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? null;
}
