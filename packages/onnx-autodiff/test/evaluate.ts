/** Runs a graph on plain numbers, for tests. */
import { GraphSession, type Tensor } from '../src/index.js';

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly integer?: boolean;
}

export async function evaluate(
  outputs: Record<string, Tensor>,
  feeds: Record<string, Numbers>,
): Promise<Record<string, number[]>> {
  const session = await GraphSession.create({ outputs }, { threads: 1 });
  const values = new Map(
    Object.entries(feeds).map(([name, { data, shape, integer }]) => [
      name,
      { data: integer ? Int32Array.from(data) : Float32Array.from(data), shape },
    ]),
  );
  const fetches = new Map(Object.keys(outputs).map((name) => [name, null]));
  const results = await session.run(values, fetches);
  await session.release();
  return Object.fromEntries(
    [...results].map(([name, value]) => [name, Array.from(value.data as Float32Array)]),
  );
}
