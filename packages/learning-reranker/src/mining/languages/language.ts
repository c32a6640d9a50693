/** What the miner must know of a programming language; one file per language says it. */

/** The rules of one language. */
export interface LanguageRules {
  readonly name: string;
  /** File of the grammar in the package `@vscode/tree-sitter-wasm`. */
  readonly grammar: string;
  /** Ends of file names, with their dot. The longest that fits a name decides. */
  readonly extensions: readonly string[];
  /**
   * A tree-sitter query with the captures
   * - `@comment`: any comment that may be documentation,
   * - `@declaration` with `@name`: a declaration that stands for itself,
   * - `@member` with `@name`: one that needs the first line of its container to be understood,
   * - `@wrapper` with `@name`: a node around a declaration of that name, e.g. `export`,
   * - `@docstring` with `@name`: documentation inside the declaration of that name.
   */
  readonly query: string;
  /** Whether a comment, markers included, documents what follows it. */
  readonly isDocumentation: (comment: string) => boolean;
  /** What may stand between documentation and declaration; white space alone when left out. */
  readonly between?: RegExp;
  /** Whether successive line comments are one comment. */
  readonly joinsLineComments?: boolean;
}

/** Whether a comment opens as JSDoc, Javadoc and PHPDoc do. */
export function isDocBlock(comment: string): boolean {
  return /^\/\*\*(?![*/])/.test(comment);
}
