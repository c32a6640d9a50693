/** Runs this library's side of the prediction benchmark: node speed-here.mjs MODEL PAIRS.jsonl OUT.json DTYPE THREADS REPEATS */
import { readFileSync, writeFileSync } from 'node:fs';
import { CrossEncoder } from '@learning-reranker/cross-encoder';

const [modelPath, pairsPath, output, dtype, threads, repeats] = process.argv.slice(2);
const rows = readFileSync(pairsPath, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const pairs = rows.map(({ query, document }) => [query, document]);
const model = await CrossEncoder.load(modelPath, {
  dtype,
  threads: Number(threads),
  maxLength: 256,
});
await model.predict(pairs.slice(0, 64));
const secondsToFirstScores = process.uptime();
const seconds = [];
let scores;
for (let repeat = 0; repeat < Number(repeats); repeat++) {
  const began = performance.now();
  scores = await model.predict(pairs);
  seconds.push((performance.now() - began) / 1000);
}
const sorted = [...seconds].sort((a, b) => a - b);
writeFileSync(
  output,
  JSON.stringify({
    pairsPerSecond: pairs.length / sorted[Math.floor(sorted.length / 2)],
    seconds,
    secondsToFirstScores,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    scores: [...scores],
  }),
);
