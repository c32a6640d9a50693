/** Java: Javadoc above types, methods, constructors, fields and constants of an enum. */
import { isDocBlock, type LanguageRules } from './language.js';

export const java: LanguageRules = {
  name: 'java',
  grammar: 'tree-sitter-java.wasm',
  extensions: ['.java'],
  query: `
(block_comment) @comment
(class_declaration name: (identifier) @name) @declaration
(interface_declaration name: (identifier) @name) @declaration
(enum_declaration name: (identifier) @name) @declaration
(record_declaration name: (identifier) @name) @declaration
(annotation_type_declaration name: (identifier) @name) @declaration
(method_declaration name: (identifier) @name body: (_)) @declaration
(method_declaration name: (identifier) @name !body) @member
(constructor_declaration name: (identifier) @name) @declaration
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @member
(enum_constant name: (identifier) @name) @member
`,
  isDocumentation: isDocBlock,
};
