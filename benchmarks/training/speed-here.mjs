/** Runs this library's side of the training benchmark: node speed-here.mjs MODEL ROWS.jsonl OUT.json STEPS WARMUP_STEPS THREADS */
const began = performance.now();
const { readFileSync, writeFileSync } = await import('node:fs');
const { CrossEncoder, CrossEncoderTrainer, createLoss } = await import(
  '@learning-reranker/cross-encoder'
);

const [modelPath, rowsPath, output, steps, warmupSteps, threads] = process.argv.slice(2);
const rows = readFileSync(rowsPath, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const model = await CrossEncoder.load(modelPath);
const seconds = [];
let firstStep = 0;
let last = performance.now();
const trainer = new CrossEncoderTrainer({
  model,
  loss: createLoss('BinaryCrossEntropyLoss'),
  trainDataset: rows,
  arguments: {
    perDeviceTrainBatchSize: 16,
    maxSteps: Number(steps),
    maxLength: 256,
    learningRate: 2e-5,
    saveStrategy: 'no',
    threads: Number(threads),
  },
});
let tokensPerSecond = 0;
await trainer.train({
  onEvent: (event) => {
    if (event.type !== 'step') return;
    const now = performance.now();
    // process.uptime counts from the start of the process, including imports.
    if (event.step === 1) firstStep = process.uptime();
    seconds.push((now - last) / 1000);
    last = now;
    tokensPerSecond = event.tokensPerSecond;
  },
});
const counted = seconds.slice(Number(warmupSteps));
const sorted = [...counted].sort((a, b) => a - b);
writeFileSync(
  output,
  JSON.stringify({
    secondsPerStep: { median: sorted[Math.floor(sorted.length / 2)], all: counted },
    pairsPerSecond: (16 * counted.length) / counted.reduce((sum, one) => sum + one, 0),
    tokensPerSecond,
    secondsToFirstStep: firstStep,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    totalSeconds: (performance.now() - began) / 1000,
  }),
);
