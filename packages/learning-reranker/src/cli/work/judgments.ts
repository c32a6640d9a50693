/** What would be learned from clicks and ratings, to read. */
import { styleText } from 'node:util';
import type { z } from 'zod';
import type { rowSchema } from '../../api/routes/judgments.js';
import type { CommandAction } from '../command.js';
import { timeOf } from '../option-values.js';
import { withService } from './service-connection.js';

export interface WindowOptions {
  readonly clickModel?: string;
  readonly from?: string;
  readonly until?: string;
}

type Judgment = z.infer<typeof rowSchema>;

const colours = {
  positive: 'green',
  negative: 'red',
  unsure: 'dim',
  conflict: 'yellow',
} as const;

export const previewJudgments: CommandAction<WindowOptions & { show?: number }> = (
  context,
  options,
) =>
  withService(context, async (service) => {
    const query = windowOf(options);
    if (options.show !== undefined) query.set('rows', String(options.show));
    const { judgments } = await service.call<{ judgments: Judgment[] }>(
      'GET',
      `/api/judgments/preview?${query}`,
    );
    for (const { label, query: asked, document_id: id, reason } of judgments) {
      context.print(
        `${styleText(colours[label], label.padEnd(9))} ${asked}  ->  ${id}\n  ${reason}`,
      );
    }
    if (judgments.length === 0) {
      context.print(
        'nothing was clicked or rated yet; reranker import adds what another system logged',
      );
    }
    return judgments;
  });

/** The window as the service takes it. */
export function windowOf({ clickModel, from, until }: WindowOptions): URLSearchParams {
  return new URLSearchParams({
    ...(clickModel !== undefined && { click_model: clickModel }),
    ...(from !== undefined && { from: timeOf(from) }),
    ...(until !== undefined && { until: timeOf(until) }),
  });
}
