/** `reranker models`: lists the models, each with its loss, and marks the live one. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { listModels, readLive, resolveModel, STARTER } from '../../registry/index.js';
import { action, type CommandAction } from '../command.js';

export function models(command: Command): void {
  command
    .argument('[model]', 'show the manifest of this model')
    .addHelpText('after', '\nExamples:\n  $ reranker models\n  $ reranker models live --json')
    .action(action(showModels));
}

const showModels: CommandAction<object> = async (context, _options, [name]) => {
  const { dataDir } = context.settings;
  if (name !== undefined) {
    const { manifest, id, path, loss } = await resolveModel(dataDir, name);
    const unknown = `${id}  ${loss ?? 'unknown loss'}  no manifest: it was not trained here`;
    context.print(manifest ? JSON.stringify(manifest, null, 2) : unknown);
    return { id, path, manifest };
  }
  const live = await readLive(dataDir);
  const models = await listModels(dataDir);
  for (const { manifest } of models) {
    const { id, loss, datasetHash, evaluation } = manifest;
    const own = evaluation?.systems.find(({ system }) => system === id)?.metrics['NDCG@10'];
    const quality = own ? `NDCG@10 ${own.mean.toFixed(4)}` : 'not evaluated';
    context.print(
      `${mark(live.id === id)} ${id}  ${loss.name}  dataset ${datasetHash}  ${quality}`,
    );
  }
  const { loss } = await resolveModel(dataDir, STARTER);
  context.print(`${mark(live.id === STARTER)} ${STARTER}  ${loss}  the shipped model`);
  return { live: live.id, models: models.map(({ manifest }) => manifest) };
};

function mark(live: boolean): string {
  return live ? styleText('green', '● live') : '      ';
}
