/** Ruby: the `#` comments directly above methods, classes and modules, as RDoc reads them. */
import type { LanguageRules } from './language.js';

export const ruby: LanguageRules = {
  name: 'ruby',
  grammar: 'tree-sitter-ruby.wasm',
  extensions: ['.rb'],
  query: `
(comment) @comment
(method name: (_) @name) @declaration
(singleton_method name: (_) @name) @declaration
(class name: (_) @name) @declaration
(module name: (_) @name) @declaration
`,
  isDocumentation: (comment) =>
    !/^#(?:!|\s*(?:-\*-|frozen_string_literal|rubocop|encoding))/.test(comment),
  between: /^[^\S\n]*\n?[^\S\n]*$/,
  joinsLineComments: true,
};
