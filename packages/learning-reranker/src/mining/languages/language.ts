/** Describes how declarations and their documentation are found in a programming language. */
export interface LanguageRules {
  readonly name: string;
  /** The file of the grammar in the package `@vscode/tree-sitter-wasm`. */
  readonly grammar: string;
  /** Extensions of file names, in lower case, with the dot. */
  readonly extensions: readonly string[];
  /**
   * A tree-sitter query with the captures
   * - `@comment`: a comment that may be documentation,
   * - `@declaration` with `@name`: a declaration that is understood by itself,
   * - `@member` with `@name`: a declaration that needs the first line of its container,
   * - `@wrapper` with `@name`: a node around a declaration of that name, e.g. `export`,
   * - `@docstring` with `@name`: documentation inside the declaration of that name.
   */
  readonly query: string;
  /** Whether a comment, with its markers, documents the declaration after it. */
  readonly isDocumentation: (comment: string) => boolean;
  /** Text that may be between documentation and declaration. White space when absent. */
  readonly between?: RegExp;
  /** Whether successive line comments are one comment. */
  readonly joinsLineComments?: boolean;
}

/** Whether a comment starts like JSDoc, Javadoc and PHPDoc. */
export function isDocBlock(comment: string): boolean {
  return /^\/\*\*(?![*/])/.test(comment);
}
