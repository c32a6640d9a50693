/** C and C++: Doxygen comments above functions, types and members. */
import type { LanguageRules } from './language.js';

const FUNCTION_NAME = '(function_declarator declarator: (_) @name)';

export const cpp: LanguageRules = {
  name: 'cpp',
  grammar: 'tree-sitter-cpp.wasm',
  extensions: ['.cc', '.cpp', '.cxx', '.c', '.h', '.hh', '.hpp', '.hxx'],
  query: `
(comment) @comment
(function_definition declarator: ${FUNCTION_NAME}) @declaration
(function_definition declarator: (_ ${FUNCTION_NAME})) @declaration
(declaration declarator: ${FUNCTION_NAME}) @declaration
(declaration declarator: (_ ${FUNCTION_NAME})) @declaration
(class_specifier name: (type_identifier) @name body: (_)) @declaration
(struct_specifier name: (type_identifier) @name body: (_)) @declaration
(enum_specifier name: (type_identifier) @name body: (_)) @declaration
(template_declaration (function_definition declarator: ${FUNCTION_NAME})) @wrapper
(template_declaration (_ name: (type_identifier) @name)) @wrapper
(field_declaration declarator: ${FUNCTION_NAME}) @member
(field_declaration declarator: (_ ${FUNCTION_NAME})) @member
(field_declaration declarator: (field_identifier) @name) @member
`,
  isDocumentation: (comment) => /^(?:\/\/[/!](?![/<])|\/\*[*!](?![*/<]))/.test(comment),
  joinsLineComments: true,
};
