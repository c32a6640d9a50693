/** Parts that the starter model's recipe uses beside the public API. They may change in any version. */
export { attention } from './architectures/attention.js';
export { packSequences } from './batching/pack.js';
export { packedInputs } from './batching/packed-inputs.js';
