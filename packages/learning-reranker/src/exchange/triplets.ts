/** Triplets of the older product, in JSON Lines: rows of version 1 become training records, version 2 is checked. */
import { z } from 'zod';
import { cleanText, normalizeQuery } from '../records/clean-text.js';
import { commonRoot, relativeTo, splitDocumentId } from '../records/document-paths.js';
import { readJsonLines } from '../records/json-lines.js';
import {
  type RecordDocument,
  type TrainingRecord,
  trainingRecordSchema,
} from '../records/training-record.js';

/** Options of {@link importTriplets}. */
interface TripletImportOptions {
  /** The folder that absolute document ids are relative to. Found from the ids when absent. */
  readonly root?: string | undefined;
  /** The name of the repository. The root's last folder when absent. */
  readonly repoSlug?: string | undefined;
  /** Stop at the first malformed line instead of skipping it. Default false. */
  readonly strict?: boolean | undefined;
}

/** What happened to the rows of a file. */
const NOTHING_COUNTED = {
  /** Rows of version 1 that became records. */
  migrated: 0,
  /** Rows of version 2. */
  kept: 0,
  /** Rows dropped because their query is empty. */
  emptyQuery: 0,
  /** Rows dropped because their positive has no text. */
  emptyPositive: 0,
  /** Rows dropped because an earlier row has the same query, positive and negatives. */
  duplicates: 0,
  /** Negatives dropped because they have no text, or only an id. */
  negativesWithoutText: 0,
  /** Negatives kept without an id. Their path is empty. */
  negativesWithoutId: 0,
  /** Negatives dropped because the positive or an earlier negative has the same text. */
  negativesRepeated: 0,
  /** Absolute document ids made relative to the root. */
  idsMadeRelative: 0,
  /** Absolute document ids outside the root. Only the name of the file is kept. */
  idsOutsideRoot: 0,
};

const textOrNothing = z.string().nullish();

/** A row of version 1. Other fields are ignored. */
const version1 = z.object({
  query: textOrNothing,
  positive_text: textOrNothing,
  positive_doc_id: textOrNothing,
  negative_texts: z.array(textOrNothing).nullish(),
  negative_doc_ids: z.array(textOrNothing).nullish(),
  source_event_id: z.union([z.string(), z.number()]).nullish(),
  source: textOrNothing,
});
type Version1 = z.infer<typeof version1>;

/**
 * Reads a file with triplets of version 1 and 2. The file is not changed.
 * @throws {JsonLinesError} when the file cannot be read, and at the first malformed line with `strict`
 */
export async function importTriplets(path: string, options: TripletImportOptions = {}) {
  const { values, malformed } = await readJsonLines(path, {
    schema: z.union([trainingRecordSchema, version1.refine(isTriplet, NOT_A_TRIPLET)], {
      error: NOT_A_TRIPLET,
    }),
    strict: options.strict,
  });
  const ids = values.flatMap((row) => ('schema_version' in row ? [] : documentIds(row)));
  const root = options.root
    ? splitDocumentId(options.root).path
    : commonRoot(ids.map((id) => splitDocumentId(id).path));
  const migration = new Migration(root, options.repoSlug ?? lastFolder(root));
  const records: TrainingRecord[] = [];
  const seen = new Set<string>();
  for (const row of values) {
    const isRecord = 'schema_version' in row;
    const record = isRecord ? row : migration.recordOf(row);
    if (!record) continue;
    const key = contentKey(record);
    if (seen.has(key)) {
      migration.counts.duplicates++;
      continue;
    }
    seen.add(key);
    if (isRecord) migration.counts.kept++;
    else migration.counts.migrated++;
    records.push(record);
  }
  // `root` is the one that was given or found; `malformed` are lines that are not a triplet of either version.
  return { records, counts: migration.counts, malformed, root };
}

const NOT_A_TRIPLET =
  'is neither a record of schema_version 2 nor a triplet with query and positive_text';

function isTriplet(row: Version1): boolean {
  return row.query !== undefined && row.positive_text !== undefined;
}

function documentIds(row: Version1): string[] {
  return [row.positive_doc_id, ...(row.negative_doc_ids ?? [])].filter(
    (id): id is string => typeof id === 'string',
  );
}

/** Converts rows of version 1 to records and counts the changes. */
class Migration {
  readonly counts = { ...NOTHING_COUNTED };
  readonly #root: string | undefined;
  readonly #repoSlug: string;

  constructor(root: string | undefined, repoSlug: string) {
    this.#root = root;
    this.#repoSlug = repoSlug;
  }

  recordOf(row: Version1): TrainingRecord | undefined {
    const query = filled(row.query);
    const text = filled(row.positive_text);
    if (query === undefined) {
      this.counts.emptyQuery++;
      return undefined;
    }
    if (text === undefined) {
      this.counts.emptyPositive++;
      return undefined;
    }
    const eventId = row.source_event_id ?? undefined;
    return {
      schema_version: 2,
      query,
      positive: this.#documentOf(text, row.positive_doc_id, 'positive of an imported triplet'),
      negatives: this.#negativesOf(row, text),
      source: filled(row.source) ?? 'triplets',
      ...(eventId !== undefined && { source_event_id: cleanText(String(eventId)) }),
    };
  }

  #negativesOf(row: Version1, positive: string): RecordDocument[] {
    const texts = row.negative_texts ?? [];
    const ids = row.negative_doc_ids ?? [];
    const seen = new Set([positive]);
    const negatives: RecordDocument[] = [];
    for (let at = 0; at < Math.max(texts.length, ids.length); at++) {
      const text = filled(texts[at]);
      if (text === undefined) {
        this.counts.negativesWithoutText++;
      } else if (seen.has(text)) {
        this.counts.negativesRepeated++;
      } else {
        seen.add(text);
        if (filled(ids[at]) === undefined) this.counts.negativesWithoutId++;
        negatives.push(this.#documentOf(text, ids[at], 'negative of an imported triplet'));
      }
    }
    return negatives;
  }

  #documentOf(text: string, id: string | null | undefined, reason: string): RecordDocument {
    const named = filled(id);
    if (named === undefined) return { text, doc_path_rel: '', repo_slug: '', reason };
    const { path, lines } = splitDocumentId(named);
    const relative = relativeTo(this.#root, path);
    if (!relative.inside) this.counts.idsOutsideRoot++;
    else if (relative.path !== path.replace(/^(?:\.\/)+/, '')) this.counts.idsMadeRelative++;
    return {
      text,
      doc_path_rel: cleanText(relative.path),
      repo_slug: relative.inside ? this.#repoSlug : '',
      reason: lines === undefined ? reason : `${reason}, lines ${lines}`,
    };
  }
}

/** The cleaned text; undefined if it is blank. */
function filled(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined) return undefined;
  const cleaned = cleanText(text);
  return /\S/.test(cleaned) ? cleaned : undefined;
}

function lastFolder(root: string | undefined): string {
  return root?.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

function contentKey({ query, positive, negatives }: TrainingRecord): string {
  return JSON.stringify([normalizeQuery(query), positive.text, negatives.map(({ text }) => text)]);
}
