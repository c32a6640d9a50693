/** How much each client's searches, clicks and votes count, so that nobody outweighs the others. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/index.js';

/** Of a client; 1 for those who do no more than is usual. */
export type ClientWeights = ReadonlyMap<string, number>;

/** What anybody may do at full weight. */
const FEW = 10;
/** Where fewer people search, one may do this many times the mean of the others: there is no crowd to drown in. */
const CROWD = 100;
const TIMES_THE_OTHERS = 2;
/** A vote decides a label alone, a click only helps to: it weighs as much as these. */
const CLICKS_OF_A_VOTE = 5;

/**
 * Clients who do more than is usual share what the usual client counts for among all they do. In a crowd
 * that is the median, which somebody who sends thousands of clicks does not move.
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

/** Somebody who works alone is no majority of others to protect. */
function mostAtFullWeight(clients: number, meanOfOthers: number, median: number): number {
  if (clients <= 1) return Number.POSITIVE_INFINITY;
  return Math.max(FEW, clients < CROWD ? TIMES_THE_OTHERS * meanOfOthers : median);
}
