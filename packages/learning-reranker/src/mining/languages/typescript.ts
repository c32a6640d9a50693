/** TypeScript and TSX, `.d.ts` files included: JSDoc above a declaration or a member of a type. */
import { DECORATORS, ECMASCRIPT_QUERY } from './javascript.js';
import { isDocBlock, type LanguageRules } from './language.js';

const QUERY = `
${ECMASCRIPT_QUERY}
(class_declaration name: (type_identifier) @name) @declaration
(abstract_class_declaration name: (type_identifier) @name) @declaration
(interface_declaration name: (type_identifier) @name) @declaration
(type_alias_declaration name: (type_identifier) @name) @declaration
(enum_declaration name: (identifier) @name) @declaration
(function_signature name: (identifier) @name) @declaration
(abstract_method_signature name: (_) @name) @member
(method_signature name: (_) @name) @member
(property_signature name: (_) @name) @member
(public_field_definition name: (_) @name) @member
(enum_assignment name: (_) @name) @member
(export_statement (ambient_declaration (_ name: (_) @name))) @wrapper
(export_statement
  (ambient_declaration (_ (variable_declarator name: (identifier) @name)))) @wrapper
(ambient_declaration (_ name: (_) @name)) @wrapper
(ambient_declaration (lexical_declaration (variable_declarator name: (identifier) @name))) @declaration
(ambient_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @declaration
(internal_module body: (statement_block
  [(lexical_declaration (variable_declarator name: (identifier) @name))
   (variable_declaration (variable_declarator name: (identifier) @name))] @declaration))
(module body: (statement_block
  [(lexical_declaration (variable_declarator name: (identifier) @name))
   (variable_declaration (variable_declarator name: (identifier) @name))] @declaration))
`;

export const typescript: LanguageRules = {
  name: 'typescript',
  grammar: 'tree-sitter-typescript.wasm',
  extensions: ['.ts', '.mts', '.cts'],
  query: QUERY,
  isDocumentation: isDocBlock,
  between: DECORATORS,
};

export const tsx: LanguageRules = {
  ...typescript,
  name: 'tsx',
  grammar: 'tree-sitter-tsx.wasm',
  extensions: ['.tsx'],
};
