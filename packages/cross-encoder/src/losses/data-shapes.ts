/** The shapes of training rows. Each loss takes one of them. */

export interface DataShapeDescription {
  /** The documents of a row. */
  readonly documents: string;
  /** The labels of a row: `one` for its only document, or a teacher's for all, or none. */
  readonly labels: 'one' | 'teacher' | 'none';
}

export const dataShapes = {
  'labelled-pairs': { documents: 'one document', labels: 'one' },
  'class-labelled-pairs': { documents: 'one document', labels: 'one' },
  tuples: { documents: 'the positive first, then hard negatives', labels: 'none' },
  'scored-tuples': { documents: 'the positive first, then negatives', labels: 'teacher' },
} as const satisfies Readonly<Record<string, DataShapeDescription>>;

export type DataShape = keyof typeof dataShapes;
