/** What would be learned from clicks and ratings, to read. */
import { styleText } from 'node:util';
import type { z } from 'zod';
import type { previewSchema } from '../../api/routes/judgments.js';
import type { CommandAction } from '../command.js';
import { timeOf } from '../option-values.js';
import { noteUnused } from './feedback.js';
import { withService } from './service-connection.js';

export interface WindowOptions {
  readonly clickModel?: string;
  readonly from?: string;
  readonly until?: string;
  readonly minimumImpressions?: number;
  readonly minimumClicks?: number;
}

type Preview = z.infer<typeof previewSchema>;

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
    const { judgments, counts, losses } = await service.call<Preview>(
      'GET',
      `/api/judgments/preview?${query}`,
    );
    for (const judgment of judgments) {
      const { label, query: asked, reason } = judgment;
      const document = documentOf(judgment);
      context.print(
        `${styleText(colours[label], label.padEnd(9))} ${asked}  ->  ${document}\n  ${reason}`,
      );
    }
    noteUnused(context, counts);
    if (judgments.length === 0) {
      context.print('nothing can be learned yet; reranker import adds what another system logged');
      return { judgments, counts, losses };
    }
    const { positive, negative, unsure } = counts.judgments;
    context.print(
      `\n${counts.searches} searches, ${counts.clicks} clicks: ${positive} positive, ${negative} negative, ${unsure} unsure, ` +
        `${counts.conflicts} in conflict, ${counts.without_text} without a text.`,
    );
    for (const { loss, rows, needs_teacher } of losses) {
      const once = needs_teacher ? ', once a teacher scored them' : '';
      context.print(`${loss}: ${rows} rows${once}`);
    }
    context.note('Next: reranker cycle, or reranker judgments export for other tools');
    return { judgments, counts, losses };
  });

/** Its id; the beginning of its text where it has none, and is told by its text. */
function documentOf({ document_id: id, text }: Preview['judgments'][number]): string {
  if (text === null || !id.startsWith('text:')) return id;
  return text.replace(/\s+/g, ' ').slice(0, 60);
}

/** The window as the service takes it. */
export function windowOf({
  clickModel,
  from,
  until,
  minimumImpressions,
  minimumClicks,
}: WindowOptions): URLSearchParams {
  return new URLSearchParams({
    ...(clickModel !== undefined && { click_model: clickModel }),
    ...(from !== undefined && { from: timeOf(from) }),
    ...(until !== undefined && { until: timeOf(until) }),
    ...(minimumImpressions !== undefined && { minimum_impressions: String(minimumImpressions) }),
    ...(minimumClicks !== undefined && { minimum_clicks: String(minimumClicks) }),
  });
}
