/** C#: XML documentation comments above types and members. */
import type { LanguageRules } from './language.js';

export const cSharp: LanguageRules = {
  name: 'c-sharp',
  grammar: 'tree-sitter-c-sharp.wasm',
  extensions: ['.cs'],
  query: `
(comment) @comment
(class_declaration name: (identifier) @name) @declaration
(interface_declaration name: (identifier) @name) @declaration
(struct_declaration name: (identifier) @name) @declaration
(record_declaration name: (identifier) @name) @declaration
(enum_declaration name: (identifier) @name) @declaration
(method_declaration name: (identifier) @name) @declaration
(constructor_declaration name: (identifier) @name) @declaration
(property_declaration name: (identifier) @name) @member
(enum_member_declaration name: (identifier) @name) @member
`,
  isDocumentation: (comment) => comment.startsWith('///') || comment.startsWith('/**'),
  joinsLineComments: true,
};
