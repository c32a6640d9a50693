/** Python: docstrings of functions, methods and classes. Comments with `#` are not documentation. */
import type { LanguageRules } from './language.js';

export const python: LanguageRules = {
  name: 'python',
  grammar: 'tree-sitter-python.wasm',
  extensions: ['.py', '.pyi'],
  query: `
(function_definition name: (identifier) @name) @declaration
(class_definition name: (identifier) @name) @declaration
(decorated_definition definition: (_ name: (identifier) @name)) @wrapper
(function_definition name: (identifier) @name
  body: (block . (expression_statement . (string) @docstring)))
(class_definition name: (identifier) @name
  body: (block . (expression_statement . (string) @docstring)))
`,
  isDocumentation: () => false,
};
