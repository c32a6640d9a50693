/** PHP: PHPDoc above functions, types and members. */
import { isDocBlock, type LanguageRules } from './language.js';

export const php: LanguageRules = {
  name: 'php',
  grammar: 'tree-sitter-php.wasm',
  extensions: ['.php'],
  query: `
(comment) @comment
(function_definition name: (name) @name) @declaration
(class_declaration name: (name) @name) @declaration
(interface_declaration name: (name) @name) @declaration
(trait_declaration name: (name) @name) @declaration
(enum_declaration name: (name) @name) @declaration
(method_declaration name: (name) @name body: (_)) @declaration
(method_declaration name: (name) @name !body) @member
(property_declaration (property_element name: (variable_name (name) @name))) @member
`,
  isDocumentation: isDocBlock,
};
