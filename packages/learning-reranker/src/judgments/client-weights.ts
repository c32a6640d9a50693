/** Limits how much one client's searches, clicks and votes count, so that no client outweighs the others. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/schema.js';

/** The weight of each client that counts less than 1. */
export type ClientWeights = ReadonlyMap<string, number>;

/** This many actions always count fully. */
const FEW = 10;
/** With fewer clients, one may do this many times the mean of the others, since the median says little. */
const CROWD = 100;
const TIMES_THE_OTHERS = 2;
/** A vote counts as this many clicks, since one vote can decide a label. */
const CLICKS_OF_A_VOTE = 5;

/**
 * All actions of a very active client together count as much as those of a usual client. With many clients, that
 * is the median, which one client with thousands of clicks does not move.
 */
export async function clientWeights(
  db: Kysely<Database>,
  { from, until }: { readonly from?: Date | undefined; readonly until?: Date | undefined } = {},
): Promise<ClientWeights> {
  const counted = sql`searches.excluded is null
    and (${from ?? null}::timestamptz is null or searches.time >= ${from ?? null})
    and (${until ?? null}::timestamptz is null or searches.time < ${until ?? null})`;
  const { rows } = await sql<{
    client: string;
    deeds: string;
    clients: string;
    mean: string;
    median: string;
  }>`
    with deed as (
      select client_id as client, count(*) as deeds from searches where ${counted} group by 1
      union all
      select coalesce(feedback.client_id, searches.client_id),
        sum(case when feedback.kind = 'click' then 1 else ${sql.lit(CLICKS_OF_A_VOTE)} end)
      from feedback join searches using (event_id)
      where ${counted} and feedback.document_id is not null and feedback.kind <> 'note'
      group by 1
    ), active as materialized (
      select client, sum(deeds) as deeds from deed where client is not null group by 1
    ), usual as (
      select count(*) as clients, avg(deeds) as mean,
        percentile_disc(0.5) within group (order by deeds) as median
      from active
    )
    select active.*, usual.* from active, usual where deeds > ${sql.lit(FEW)}
  `.execute(db);
  const weights = new Map<string, number>();
  for (const { client, deeds, clients, mean, median } of rows) {
    const others = (Number(mean) * Number(clients) - Number(deeds)) / (Number(clients) - 1);
    const most = mostAtFullWeight(Number(clients), others, Number(median));
    if (Number(deeds) > most) weights.set(client, most / Number(deeds));
  }
  return weights;
}

/** A single client always counts fully: there are no others to protect. */
function mostAtFullWeight(clients: number, meanOfOthers: number, median: number): number {
  if (clients <= 1) return Number.POSITIVE_INFINITY;
  return Math.max(FEW, clients < CROWD ? TIMES_THE_OTHERS * meanOfOthers : median);
}
