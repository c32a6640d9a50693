/** Finds declarations and their documentation in source code with tree-sitter. */

import { createRequire } from 'node:module';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { Language, Parser, Query } from 'web-tree-sitter';
import { firstIndex } from './first-index.js';
import type { LanguageRules } from './languages/index.js';

/** A range of a source text in UTF-16 code units. The end is excluded. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** A declaration of a source file. */
export interface Declaration extends SourceRange {
  readonly name: string;
  /** A member needs the first line of its container to be understood. */
  readonly isMember: boolean;
  /** The comment or docstring that documents it. */
  readonly documentation?: SourceRange;
}

/** A grammar cannot be loaded. */
export class GrammarError extends TypedError {
  override readonly name = 'GrammarError';
  readonly kind = 'internal';
}

const require = createRequire(import.meta.url);
const loaded = new Map<string, ReturnType<typeof loadGrammar>>();
let parser: Promise<Parser> | undefined;

/**
 * The declarations of a source text in order of their start, outer before inner. A text with syntax
 * errors gives the declarations that parse.
 * @throws {GrammarError} when the grammar's package is damaged or missing.
 */
export async function findDeclarations(
  source: string,
  rules: LanguageRules,
): Promise<Declaration[]> {
  parser ??= Parser.init().then(() => new Parser());
  const shared = await parser;
  const { language, query } = await loadLanguage(rules);
  shared.setLanguage(language);
  const tree = shared.parse(source);
  if (!tree) return [];
  try {
    const found = new FoundNodes();
    for (const match of query.matches(tree.rootNode)) {
      let name: SourceRange | undefined;
      for (const capture of match.captures) {
        if (capture.name === 'name') name = rangeOf(capture.node);
      }
      for (const capture of match.captures) {
        if (capture.name !== 'name') found.add(capture.name, rangeOf(capture.node), name);
      }
    }
    return found.declarations(source, rules);
  } finally {
    tree.delete();
  }
}

function rangeOf(node: { startIndex: number; endIndex: number }): SourceRange {
  return { start: node.startIndex, end: node.endIndex };
}

function loadLanguage(rules: LanguageRules) {
  let promise = loaded.get(rules.grammar);
  if (promise === undefined) {
    promise = loadGrammar(rules);
    loaded.set(rules.grammar, promise);
  }
  return promise;
}

async function loadGrammar(rules: LanguageRules) {
  try {
    const path = require.resolve(`@vscode/tree-sitter-wasm/wasm/${rules.grammar}`);
    const language = await Language.load(path);
    return { language, query: new Query(language, rules.query) };
  } catch (error) {
    throw new GrammarError(
      `Cannot load the ${rules.name} grammar from @vscode/tree-sitter-wasm: ${(error as Error).message}. Run npm install again.`,
      { cause: error },
    );
  }
}

interface OpenDeclaration {
  range: SourceRange;
  readonly name: SourceRange;
  readonly isMember: boolean;
  documentation?: SourceRange;
}

/** Collects the captures of the query. A declaration is identified by the position of its name. */
class FoundNodes {
  readonly #comments: SourceRange[] = [];
  readonly #byName = new Map<number, OpenDeclaration>();
  readonly #wrappers: { range: SourceRange; name: SourceRange }[] = [];
  readonly #docstrings: { range: SourceRange; name: SourceRange }[] = [];

  add(capture: string, range: SourceRange, name: SourceRange | undefined): void {
    if (capture === 'comment') {
      this.#comments.push(range);
    } else if (name === undefined) {
      return;
    } else if (capture === 'wrapper') {
      this.#wrappers.push({ range, name });
    } else if (capture === 'docstring') {
      this.#docstrings.push({ range, name });
    } else {
      const known = this.#byName.get(name.start);
      if (known) known.range = wider(known.range, range);
      else this.#byName.set(name.start, { range, name, isMember: capture === 'member' });
    }
  }

  declarations(source: string, rules: LanguageRules): Declaration[] {
    for (const { range, name } of this.#wrappers) {
      const declaration = this.#byName.get(name.start);
      if (declaration) declaration.range = wider(declaration.range, range);
    }
    for (const { range, name } of this.#docstrings) {
      const declaration = this.#byName.get(name.start);
      if (declaration) declaration.documentation = range;
    }
    const ordered = inOrder([...this.#byName.values()]);
    for (const comment of joinComments(this.#comments, source, rules)) {
      const isAfter = (place: number) => (ordered[place]?.range.start ?? 0) >= comment.end;
      const next = ordered[firstIndex(ordered.length, isAfter)];
      if (!next || next.documentation) continue;
      const between = source.slice(comment.end, next.range.start);
      if ((rules.between ?? /^\s*$/).test(between)) next.documentation = comment;
    }
    return ordered.map(({ range, name, isMember, documentation }) => ({
      ...range,
      name: source.slice(name.start, name.end),
      isMember,
      ...(documentation && { documentation }),
    }));
  }
}

function wider(a: SourceRange, b: SourceRange): SourceRange {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** By start, outer before inner. A declaration with several names keeps the first. */
function inOrder(declarations: OpenDeclaration[]): OpenDeclaration[] {
  declarations.sort(
    (a, b) =>
      a.range.start - b.range.start || b.range.end - a.range.end || a.name.start - b.name.start,
  );
  return declarations.filter(({ range }, at) => {
    const before = declarations[at - 1]?.range;
    return before?.start !== range.start || before.end !== range.end;
  });
}

/** The documentation comments. Successive line comments are joined if the language joins them. */
function joinComments(
  comments: readonly SourceRange[],
  source: string,
  rules: LanguageRules,
): SourceRange[] {
  const joined: SourceRange[] = [];
  for (const comment of [...comments].sort((a, b) => a.start - b.start)) {
    // Some grammars include the line break in a line comment.
    const text = source.slice(comment.start, comment.end).trimEnd();
    if (!rules.isDocumentation(text)) continue;
    if (!text.startsWith('/*') && !startsItsLine(source, comment.start)) continue;
    const range = { start: comment.start, end: comment.start + text.length };
    const last = joined.at(-1);
    const isContinued =
      rules.joinsLineComments === true &&
      last !== undefined &&
      !text.startsWith('/*') &&
      !source.startsWith('/*', last.start) &&
      /^[^\S\n]*\n[^\S\n]*$/.test(source.slice(last.end, range.start));
    if (isContinued) joined[joined.length - 1] = { start: last.start, end: range.end };
    else joined.push(range);
  }
  return joined;
}

/** A line comment after code belongs to that code, not to the next line. */
function startsItsLine(source: string, position: number): boolean {
  return source.slice(source.lastIndexOf('\n', position - 1) + 1, position).trim() === '';
}
