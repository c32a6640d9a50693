/** Promotes and rolls back, with a message each time, until it is killed. Arguments: the data folder, two models. */
import { promote, rollback } from '../../dist/registry/index.js';

const [, , dataDir, first, second] = process.argv;
for (let turn = 0; ; turn++) {
  const next = turn % 2 === 0 ? first : second;
  try {
    if (turn % 5 === 4) await rollback(dataDir);
    else await promote(dataDir, next, { reason: `turn ${turn}` });
    process.send?.('moved');
  } catch (error) {
    if (!/live already|no model was live/.test(error.message)) throw error;
  }
}
