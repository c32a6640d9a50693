/** The operations, and what else has a registry, as Markdown for docs/reference/operations.md. */
import { exportForms, importFormats } from '../exchange/index.js';
import { clickModels } from '../judgments/click-models/index.js';
import { languages } from '../mining/languages/index.js';
import { loadOperations } from '../operations/index.js';
import { formsOf, type RequestField } from '../operations/request-fields.js';
import { dialects } from './dialects/index.js';

export async function operationsReference(): Promise<string> {
  const operations = [...(await loadOperations())].map(([name, { summary, operation }]) =>
    [
      `## ${name}`,
      '',
      `${summary}. Command: \`reranker ${name}\`. API: \`POST /api/reranker/${name}\`.`,
      ...formsOf(operation.schema).flatMap(fieldTable),
    ].join('\n'),
  );
  return [
    ...operations,
    listOf('Import formats', importFormats(), ({ name, description }) => [name, description]),
    listOf('Export formats', exportForms(), ({ name, description }) => [name, description]),
    listOf('Click models', clickModels(), ({ name, description }) => [name, description]),
    listOf('Languages of mined code', languages(), ({ name, extensions }) => [
      name,
      extensions.join(', '),
    ]),
    listOf('Rerank dialects', dialects, ({ name, paths, summary }) => [
      name,
      `${paths.map((path) => `\`POST ${path}\``).join(', ')}: ${summary}`,
    ]),
  ].join('\n\n');
}

function fieldTable(fields: readonly RequestField[]): string[] {
  const rows = fields.map(({ name, only, required, description }) => {
    const shown = only === undefined ? `\`${name}\`` : `\`${name}: ${only}\``;
    return `| ${shown} | ${required ? 'yes' : ''} | ${description.replaceAll('|', '\\|')} |`;
  });
  return ['', '| Field | Required | Meaning |', '|---|---|---|', ...rows];
}

function listOf<Item>(
  title: string,
  items: readonly Item[],
  shown: (item: Item) => readonly [string, string],
): string {
  const rows = items
    .map(shown)
    .map(([name, meaning]) => `| \`${name}\` | ${meaning.replaceAll('|', '\\|')} |`);
  return [`## ${title}`, '', '| Name | Meaning |', '|---|---|', ...rows].join('\n');
}
