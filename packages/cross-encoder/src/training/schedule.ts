/** Learning rates by step, as `transformers` schedules them. */

export const schedulerTypes = ['linear', 'cosine', 'constant', 'constant_with_warmup'] as const;

export type SchedulerType = (typeof schedulerTypes)[number];

export interface Schedule {
  readonly type: SchedulerType;
  readonly totalSteps: number;
  readonly warmupSteps: number;
}

/**
 * The factor of the learning rate for an update, counted from 0. It rises linearly over the warmup,
 * so with warmup the first update has factor 0.
 */
export function learningRateFactor(schedule: Schedule, step: number): number {
  const { type, totalSteps, warmupSteps } = schedule;
  if (type === 'constant') return 1;
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  if (type === 'constant_with_warmup') return 1;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return type === 'linear'
    ? Math.max(0, 1 - progress)
    : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/** Warmup in steps: a number below 1 is a share of all steps, rounded up. */
export function warmupSteps(warmup: number, totalSteps: number): number {
  return warmup < 1 ? Math.ceil(warmup * totalSteps) : Math.floor(warmup);
}
