/** What this repository's recipe of the starter uses beside the public API: it may change in any version. */
export { attention } from './architectures/attention.js';
export { packSequences } from './batching/pack.js';
export { packedInputs } from './batching/packed-inputs.js';
