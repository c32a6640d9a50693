/** JavaScript and JSX: JSDoc above functions, classes, methods, and functions given a name by assignment. */
import { isDocBlock, type LanguageRules } from './language.js';

/** Declarations of JavaScript and TypeScript. Local variables are left out, because users do not search for them. */
export const ECMASCRIPT_QUERY = `
(comment) @comment
(function_declaration name: (identifier) @name) @declaration
(generator_function_declaration name: (identifier) @name) @declaration
(method_definition name: (_) @name) @declaration
(pair key: (property_identifier) @name
  value: [(function_expression) (arrow_function)]) @declaration
(program (expression_statement (assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [(function_expression) (arrow_function) (class)])) @declaration)
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @declaration)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @declaration)
(export_statement declaration:
  (lexical_declaration (variable_declarator name: (identifier) @name))) @declaration
(export_statement declaration: (_ name: (_) @name)) @wrapper
`;

/** Decorators may be between the comment of a member and the member. */
export const DECORATORS = /^\s*(?:@[\w.]+(?:\([^()]*\))?\s*)*$/;

export const javascript: LanguageRules = {
  name: 'javascript',
  grammar: 'tree-sitter-javascript.wasm',
  extensions: ['.js', '.mjs', '.cjs', '.jsx'],
  query: `
${ECMASCRIPT_QUERY}
(class_declaration name: (identifier) @name) @declaration
(field_definition property: (_) @name) @member
`,
  isDocumentation: isDocBlock,
  between: DECORATORS,
};
