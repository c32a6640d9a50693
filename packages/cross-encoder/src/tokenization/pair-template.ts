/** The template of a text or a pair: where its special tokens are, read from a post-processor. */
import { type JsonRecord, TokenizerError } from './tokenizer-definition.js';

/** One place in a template: a text (`A` or `B`) or a run of special tokens. */
export type TemplatePiece =
  | { readonly text: 'A' | 'B'; readonly typeId: number }
  | { readonly ids: readonly number[]; readonly typeId: number };

/** For BERT: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, with type 1 for the second text. */
export interface Templates {
  readonly single: readonly TemplatePiece[];
  readonly pair: readonly TemplatePiece[];
}

/**
 * Reads TemplateProcessing, BertProcessing or RobertaProcessing. Without a post-processor there are no
 * special tokens.
 * @throws {TokenizerError} for another type, or a template without its texts.
 */
export function readTemplates(postProcessor: JsonRecord | null): Templates {
  switch (postProcessor?.type) {
    case undefined:
      return { single: [text('A', 0)], pair: [text('A', 0), text('B', 1)] };
    case 'TemplateProcessing': {
      const tokens = postProcessor.special_tokens as Record<string, { ids?: unknown }> | undefined;
      const single = readPieces(postProcessor.single, tokens ?? {});
      const pair = readPieces(postProcessor.pair, tokens ?? {});
      const texts = (pieces: TemplatePiece[]) =>
        pieces.map((piece) => ('text' in piece ? piece.text : '')).join('');
      if (texts(single) !== 'A' || texts(pair) !== 'AB') {
        throw malformed('expected text A once in single, and A then B once in pair');
      }
      return { single, pair };
    }
    case 'BertProcessing': {
      const [cls, sep] = endTokens(postProcessor);
      const single = [special(cls, 0), text('A', 0), special(sep, 0)];
      return { single, pair: [...single, text('B', 1), special(sep, 1)] };
    }
    case 'RobertaProcessing': {
      const [cls, sep] = endTokens(postProcessor);
      const single = [special(cls, 0), text('A', 0), special(sep, 0)];
      return { single, pair: [...single, special(sep, 0), text('B', 0), special(sep, 0)] };
    }
    default:
      throw new TokenizerError(
        'unsupported',
        `tokenizer.json: expected a post_processor of type TemplateProcessing, BertProcessing or RobertaProcessing, got ${JSON.stringify(postProcessor?.type)}.`,
      );
  }
}

/** The number of special tokens of a template. */
export function countSpecialTokens(pieces: readonly TemplatePiece[]): number {
  return pieces.reduce((sum, piece) => sum + ('ids' in piece ? piece.ids.length : 0), 0);
}

/** Fills texts, already truncated, into a template. */
export function fillTemplate(
  pieces: readonly TemplatePiece[],
  texts: { readonly A: Int32Array; readonly B: Int32Array },
): { inputIds: Int32Array; tokenTypeIds: Uint8Array } {
  const parts = pieces.map((piece) => ('text' in piece ? texts[piece.text] : piece.ids));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const inputIds = new Int32Array(length);
  const tokenTypeIds = new Uint8Array(length);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    inputIds.set(part, at);
    const { typeId } = pieces[index] as TemplatePiece;
    if (typeId !== 0) tokenTypeIds.fill(typeId, at, at + part.length);
    at += part.length;
  }
  return { inputIds, tokenTypeIds };
}

function readPieces(value: unknown, tokens: Record<string, { ids?: unknown }>): TemplatePiece[] {
  if (!Array.isArray(value) || value.length > 100) throw malformed('expected a list of pieces');
  return value.map((piece) => {
    const { SpecialToken, Sequence } = piece as Record<string, Record<string, unknown>>;
    const typeId = Number((SpecialToken ?? Sequence)?.type_id ?? 0);
    if (!Number.isInteger(typeId) || typeId < 0 || typeId > 255) throw malformed('bad type_id');
    if (Sequence?.id === 'A' || Sequence?.id === 'B') return { text: Sequence.id, typeId };
    const name = String(SpecialToken?.id);
    const ids = Object.hasOwn(tokens, name) ? tokens[name]?.ids : undefined;
    if (!Array.isArray(ids) || !ids.every((id) => Number.isInteger(id) && id >= 0)) {
      throw malformed(`the special token ${JSON.stringify(name)} has no ids`);
    }
    return { ids, typeId };
  });
}

function endTokens(postProcessor: JsonRecord): [number, number] {
  const [cls, sep] = [postProcessor.cls, postProcessor.sep].map((pair) =>
    Array.isArray(pair) ? pair[1] : undefined,
  );
  if (!Number.isInteger(cls) || !Number.isInteger(sep)) throw malformed('cls or sep has no id');
  return [cls, sep];
}

function text(name: 'A' | 'B', typeId: number): TemplatePiece {
  return { text: name, typeId };
}

function special(id: number, typeId: number): TemplatePiece {
  return { ids: [id], typeId };
}

function malformed(what: string): TokenizerError {
  return new TokenizerError(
    'malformed',
    `tokenizer.json: the post_processor is unusable: ${what}.`,
  );
}
