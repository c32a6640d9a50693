import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mineEvaluationDataset } from '../../src/mining/sources/evaluation-dataset.js';
import { readEvaluationQuestions } from '../../src/mining/sources/evaluation-questions.js';
import { normalizeQuery } from '../../src/records/clean-text.js';
import { trainingRecordSchema } from '../../src/records/training-record.js';

const fixtures = fileURLToPath(new URL('./fixtures/code', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function datasetOf(content: unknown): Promise<string> {
  const path = join(folder, `${files++}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('an evaluation dataset', () => {
  it('is read with a comment, with older and newer field names', async () => {
    const path = await datasetOf([
      { _comment: 'questions of the team' },
      { q: 'Where are dates parsed?', repo: 'code', expect_paths: ['dates.ts'] },
      { query: 'How is a letter sent?', repo: 'code', expect_paths: ['mailer.rb'] },
      { q: 'Nothing is expected', expect_paths: [] },
      { expect_paths: ['dates.ts'] },
      'a word between',
    ]);
    const { questions, malformed } = await readEvaluationQuestions(path);
    expect(questions).toEqual([
      { query: 'Where are dates parsed?', repo: 'code', expectPaths: ['dates.ts'] },
      { query: 'How is a letter sent?', repo: 'code', expectPaths: ['mailer.rb'] },
    ]);
    expect(malformed.map(({ entry }) => entry)).toEqual([4, 5]);
    await expect(readEvaluationQuestions(path, { strict: true })).rejects.toMatchObject({
      code: 'malformed-entry',
      message: expect.stringContaining('entry 4'),
    });
  });

  it.each([
    ['{"q": "not an array"}', 'not-an-evaluation-dataset'],
    ['[{"q": "torn', 'not-an-evaluation-dataset'],
    ['', 'not-an-evaluation-dataset'],
  ])('is refused when it is %j', async (content, code) => {
    await expect(readEvaluationQuestions(await datasetOf(content))).rejects.toMatchObject({ code });
    await expect(readEvaluationQuestions(join(folder, 'none'))).rejects.toMatchObject({
      code: 'unreadable-file',
    });
  });

  it('gives samples whose relevant documents are the chunks of the expected files', async () => {
    const path = await datasetOf([
      {
        q: 'Where are dates parsed?',
        repo: 'elsewhere',
        expect_paths: ['code/dates.ts', 'ring.rs'],
      },
      { q: 'Who sings?', expect_paths: ['no/such/file.ts'] },
    ]);
    const mined = await mineEvaluationDataset(path, [fixtures]);
    expect(mined.unanswerable.map(({ query }) => query)).toEqual(['Who sings?']);
    expect(mined.records).toEqual([]);
    const [sample] = mined.samples;
    const paths = new Map(mined.corpus.map(({ id, doc_path_rel }) => [id, doc_path_rel]));
    const relevant = Object.keys(sample?.relevant ?? {});
    expect(new Set(relevant.map((id) => paths.get(id)?.split('/').at(-1)))).toEqual(
      new Set(['dates.ts', 'ring.rs']),
    );
    expect(Object.values(sample?.relevant ?? {}).every((grade) => grade === 1)).toBe(true);
  });

  it('gives one sample for a question about two repositories, with the relevant documents of both', async () => {
    const root = await mkdtemp(join(folder, 'repositories-'));
    const repos = ['one', 'two'];
    for (const repo of repos) {
      await mkdir(join(root, repo, '.git'), { recursive: true });
      await writeFile(join(root, repo, 'start.md'), `# Start\n\nReads the settings of ${repo}.\n`);
    }
    const path = await datasetOf(
      repos.map((repo) => ({ q: 'Who reads the settings?', repo, expect_paths: ['start.md'] })),
    );
    const { corpus, samples } = await mineEvaluationDataset(path, [root]);
    expect(corpus.map(({ repo_slug }) => repo_slug)).toEqual(repos);
    expect(samples).toEqual([
      {
        query: 'Who reads the settings?',
        relevant: Object.fromEntries(corpus.map(({ id }) => [id, 1])),
      },
    ]);
  });

  it('never uses a query for training and for evaluation, whatever its spelling', async () => {
    const words = ['dates', 'letters', 'queues', 'matrices', 'carts', 'rings', 'money', 'text'];
    const entries = words.flatMap((word) => [
      { q: `Where are ${word} handled?`, expect_paths: ['dates.ts'] },
      { q: `where are ${word.toUpperCase()} handled`, expect_paths: ['mailer.rb'] },
    ]);
    const path = await datasetOf(entries);
    const mined = await mineEvaluationDataset(path, [fixtures], { trainShare: 0.5 });
    const trained = new Set(mined.records.map(({ query }) => normalizeQuery(query)));
    const evaluated = mined.samples.map(({ query }) => normalizeQuery(query));
    expect(trained.size).toBeGreaterThan(0);
    expect(trained.size + evaluated.length).toBe(words.length);
    expect(evaluated.filter((query) => trained.has(query))).toEqual([]);
    for (const record of mined.records) {
      expect(trainingRecordSchema.parse(record)).toEqual(record);
      expect(record.positive.doc_path_rel).toMatch(/(?:dates\.ts|mailer\.rb)$/);
      expect(record.negatives).toHaveLength(4);
      for (const { doc_path_rel } of record.negatives) {
        expect(doc_path_rel).not.toMatch(/(?:dates\.ts|mailer\.rb)$/);
      }
    }
    // More questions change nothing for those that were there.
    const longer = await datasetOf([{ q: 'One more?', expect_paths: ['cart.php'] }, ...entries]);
    const again = await mineEvaluationDataset(longer, [fixtures], { trainShare: 0.5 });
    const trainedAgain = again.records.map(({ query }) => normalizeQuery(query));
    expect(trainedAgain.filter((query) => query !== 'one more')).toEqual([...trained]);
    await expect(mineEvaluationDataset(path, [fixtures], { trainShare: 2 })).rejects.toMatchObject({
      code: 'bad-train-share',
    });
  });

  it('is not part of its own corpus, and a copy of a relevant document is relevant too', async () => {
    const root = await mkdtemp(join(folder, 'corpus-'));
    await mkdir(join(root, 'a'));
    await mkdir(join(root, 'b'));
    const text = '# Retries\n\nA request is sent again three times.\n';
    await writeFile(join(root, 'a/retry.md'), text);
    await writeFile(join(root, 'b/retry.md'), text);
    const path = join(root, 'golden.json');
    await writeFile(path, JSON.stringify([{ q: 'how often', expect_paths: ['b/retry.md'] }]));
    const { corpus, samples } = await mineEvaluationDataset(path, [root]);
    expect(corpus.map(({ doc_path_rel }) => doc_path_rel)).toEqual(['a/retry.md']);
    expect(samples).toEqual([{ query: 'how often', relevant: { [corpus[0]?.id ?? '']: 1 } }]);
  });
});
