/** Go: the line comments directly above a declaration, as `go doc` reads them. */
import type { LanguageRules } from './language.js';

export const go: LanguageRules = {
  name: 'go',
  grammar: 'tree-sitter-go.wasm',
  extensions: ['.go'],
  query: `
(comment) @comment
(function_declaration name: (identifier) @name) @declaration
(method_declaration name: (field_identifier) @name) @declaration
(type_declaration . (type_spec name: (type_identifier) @name) .) @declaration
(source_file (const_declaration . (const_spec name: (identifier) @name) .) @declaration)
(source_file (var_declaration . (var_spec name: (identifier) @name) .) @declaration)
(field_declaration name: (field_identifier) @name) @member
(method_elem name: (field_identifier) @name) @member
`,
  // A blank line separates a comment from the declaration below.
  between: /^[^\S\n]*\n?[^\S\n]*$/,
  isDocumentation: (comment) => !/^\/\/(?:go:|\s*\+build|\s*nolint)/.test(comment),
  joinsLineComments: true,
};
