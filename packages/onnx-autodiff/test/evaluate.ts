/** Runs a graph on plain numbers, for tests. */
import { GraphSession, type MaskSource, type Tensor } from '../src/index.js';

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly integer?: boolean;
}

export type Feeds = Readonly<Record<string, Numbers>>;

/** A graph that is opened once and run on many numbers. */
export interface OpenGraph {
  /** The outputs asked for, all when none are named. */
  run(feeds: Feeds, ...outputs: string[]): Promise<Record<string, number[]>>;
  release(): Promise<void>;
}

export async function openGraph(
  outputs: Readonly<Record<string, Tensor>>,
  masks?: MaskSource,
): Promise<OpenGraph> {
  const session = await GraphSession.create({ outputs }, { threads: 1 });
  return {
    async run(feeds, ...named) {
      const names = named.length > 0 ? named : Object.keys(outputs);
      const values = new Map(
        Object.entries(feeds).map(([name, { data, shape, integer }]) => [
          name,
          { data: integer ? Int32Array.from(data) : Float32Array.from(data), shape },
        ]),
      );
      const results = await session.run(values, new Map(names.map((name) => [name, null])), masks);
      return Object.fromEntries(
        [...results].map(([name, value]) => [name, Array.from(value.data as Float32Array)]),
      );
    },
    release: () => session.release(),
  };
}

export async function evaluate(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Feeds,
): Promise<Record<string, number[]>> {
  const graph = await openGraph(outputs);
  const results = await graph.run(feeds);
  await graph.release();
  return results;
}
