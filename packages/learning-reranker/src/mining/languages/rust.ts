/** Rust: outer documentation comments. Attributes may be between them and the item. */
import type { LanguageRules } from './language.js';

export const rust: LanguageRules = {
  name: 'rust',
  grammar: 'tree-sitter-rust.wasm',
  extensions: ['.rs'],
  query: `
(line_comment) @comment
(block_comment) @comment
(function_item name: (identifier) @name) @declaration
(struct_item name: (type_identifier) @name) @declaration
(enum_item name: (type_identifier) @name) @declaration
(union_item name: (type_identifier) @name) @declaration
(trait_item name: (type_identifier) @name) @declaration
(macro_definition name: (identifier) @name) @declaration
(type_item name: (type_identifier) @name) @declaration
(const_item name: (identifier) @name) @declaration
(static_item name: (identifier) @name) @declaration
(function_signature_item name: (identifier) @name) @member
(field_declaration name: (field_identifier) @name) @member
(enum_variant name: (identifier) @name) @member
`,
  isDocumentation: (comment) => /^(?:\/\/\/(?!\/)|\/\*\*(?![*/]))/.test(comment),
  // Matches line by line: single attributes could be split in exponentially many ways.
  between: /^\s*(?:#\[[^\n]*\][^\S\n]*(?:\n\s*|$))*$/,
  joinsLineComments: true,
};
