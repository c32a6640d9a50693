/** Metrics and logs. */
export { createLog, type Log, type LogOptions } from './log.js';
export { type MeasuredEvaluation, type MeasuredRerank, Metrics } from './metrics.js';
