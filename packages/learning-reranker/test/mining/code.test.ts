import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languages } from '../../src/mining/languages/index.js';
import { type MinedCode, mineCode } from '../../src/mining/sources/code.js';
import { normalizeQuery } from '../../src/records/clean-text.js';

const fixtures = fileURLToPath(new URL('./fixtures/code', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mine-code-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const byQuery = (mined: MinedCode) =>
  Object.fromEntries(mined.pairs.map(({ query, document }) => [query, document.text]));

/** Per file: each query and how the document that answers it begins. */
const EXPECTED: Record<string, Record<string, string>> = {
  'dates.ts': {
    'Parses a calendar date written as YYYY-MM-DD': 'export function parseCalendarDate(',
    'Keeps appointments sorted by their start, e.g. for a diary':
      'export class Diary {\n  capacity',
    'How many appointments fit into one day & night': 'export class Diary {\n  capacity = 24',
    'Adds an appointment unless it overlaps another': 'async add(appointment',
    'When the appointment begins, in seconds since the epoch':
      'export interface Appointment {\n  start: number',
    'Writes all appointments into a calendar file': 'function exportCalendar(',
  },
  'widget.tsx': {
    'Shows a list of names with a button that removes each': 'export function NameList(',
  },
  'queue.js': {
    'Waits until every job in the queue has come to its end': 'exports.drain = function',
    'Puts a job at the front of the line': 'unshift(job) {\n  this.jobs',
    'Orders jobs by how urgent they are': 'byUrgency: (a, b)',
  },
  'text.py': {
    'Return the longest prefix that both strings share':
      '@cached\ndef longest_common_prefix(first, second):\n    length = 0',
    'Book of amounts by money.Account, kept in memory': 'class Ledger(dict):\n',
    'Sum up all amounts of one account': 'async def balance(self, account):\n    return sum',
  },
  'cache.go': {
    'removes the entries that were not used for the longest time until the cache fits its limit':
      'func (c *Cache) Evict(',
    'a map whose entries disappear after a time': 'type Cache struct {\n\tTTL',
    'How long an entry lives after its last use': 'type Cache struct {\n  TTL',
  },
  'Money.java': {
    'An amount of one currency, kept in its smallest unit':
      '@Immutable\npublic final class Money {',
    'Splits the amount into parts that differ by at most one unit':
      '@Override\npublic Money[] split',
    'Tells the rate between two currencies today': 'interface Exchange {\n  double rate(',
  },
  'ring.rs': {
    'A buffer of fixed size that forgets its oldest items': 'pub struct Ring<T> {\n    head: usize',
    'Where the next item will be written': 'pub struct Ring<T> {\n  head: usize',
    'Pushes an item and returns the one it replaced, see Ring::pop': 'pub fn push(&mut self',
  },
  'Inbox.cs': {
    'Collects messages until somebody reads them': 'public class Inbox\n{',
    'Counts the messages that nobody has read in Inbox': '[Pure]\npublic int CountUnread()',
  },
  'matrix.hpp': {
    'Multiplies two matrices without a temporary copy': 'template <class T>\nMatrix<T> multiply(',
  },
  'mailer.rb': {
    'Sends letters to people who asked for them': 'class Mailer\n  def deliver',
    'Puts a stamp on the letter and hands it to the post': 'def deliver(letter)\n  letter',
  },
  'cart.php': {
    'Holds what a customer wants to buy': 'class Cart\n{',
    'Adds up the prices of all articles in the cart': 'public function total(): int\n{',
  },
};

describe('mining code', () => {
  it.each(Object.entries(EXPECTED))(
    'finds what is documented in %s and no more',
    async (file, expected) => {
      const found = byQuery(await mineCode([join(fixtures, file)]));
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      for (const [query, start] of Object.entries(expected)) {
        expect(found[query]?.slice(0, start.length)).toBe(start);
      }
    },
  );

  it('counts the reasons why comments gave no pair', async () => {
    const { drops } = await mineCode([fixtures]);
    expect(drops).toMatchObject({
      'to-do note': 1,
      'directive of a tool': 1,
      'only the name of the declaration': 1,
      'refers elsewhere': 1,
      'not English': 1,
      'fewer than three words': 1,
    });
  });

  it('leaves every documentation sentence out of every document', async () => {
    const { pairs, corpus } = await mineCode([fixtures]);
    for (const { query } of pairs) {
      const asked = normalizeQuery(query);
      expect(corpus.filter(({ text }) => normalizeQuery(text).includes(asked))).toEqual([]);
    }
  });

  it('takes undocumented functions into the corpus, marked as without query', async () => {
    const { corpus } = await mineCode([join(fixtures, 'text.py')]);
    const document = corpus.find(({ text }) => text.includes('undocumented'));
    expect(document).toMatchObject({
      hasQuery: false,
      doc_path_rel: expect.stringMatching(/text\.py$/),
    });
    expect(document?.id).toMatch(/text\.py:4-5$/);
  });

  it('gives the same in the same order, whatever the order of the roots', async () => {
    const files = ['dates.ts', 'ring.rs', 'text.py'].map((file) => join(fixtures, file));
    expect(await mineCode(files)).toEqual(await mineCode([...files].reverse()));
  });

  it('reads an installed package under its own name and reports progress', async () => {
    const library = dirname(createRequire(import.meta.url).resolve('typescript/lib/lib.es5.d.ts'));
    const seen: number[] = [];
    const mined = await mineCode([join(library, 'lib.es5.d.ts')], {
      onProgress: ({ filesDone, filesTotal }) => seen.push(filesDone / filesTotal),
    });
    expect(seen).toEqual([1]);
    expect(mined.pairs.length).toBeGreaterThan(200);
    const repeat = mined.pairs.find(({ query }) =>
      query.startsWith('Converts a date to a string by using'),
    );
    expect(repeat?.document).toMatchObject({
      repo_slug: 'typescript',
      doc_path_rel: 'lib/lib.es5.d.ts',
    });
    const texts = mined.corpus.map(({ text }) => text.replace(/\s+/g, ' '));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('drops a sentence that documents many declarations', async () => {
    const path = join(folder, 'boilerplate.ts');
    const names = ['alpha', 'beta', 'gamma', 'delta'];
    const functions = names.map(
      (name) => `/** Creates a new node of the tree. */\nexport function ${name}(): ${name};\n`,
    );
    await writeFile(path, functions.join('\n'));
    const mined = await mineCode([path]);
    expect(mined.pairs).toEqual([]);
    expect(mined.drops).toEqual({ 'repeated on many declarations': 4 });
    expect((await mineCode([path], { maximumRepeats: 4 })).pairs).toHaveLength(4);
  });

  it.each(languages().flatMap(({ name, between }) => (between ? [[name, between] as const] : [])))(
    'sees without trying every division that much of %s stands between a comment and a declaration',
    (_, between) => {
      for (const part of ['#[a]', '@a', '@a(b) ', '\n', ' ', '#[a] #[b]\n']) {
        const text = `\n${part.repeat(80)};other()`;
        // A pattern that tries every division of 80 parts never ends: the limit is far from what any machine needs.
        const matches = runInNewContext(
          'between.test(text)',
          { between, text },
          { timeout: 30_000 },
        );
        expect(matches).toBe(false);
      }
    },
  );

  it('cuts long documents and survives damaged files', async () => {
    const root = await mkdtemp(join(folder, 'damaged-'));
    await writeFile(
      join(root, 'long.py'),
      `def long():\n    """Does a great many things."""\n${'    step("äö😀")\n'.repeat(2000)}`,
    );
    await writeFile(join(root, 'empty.ts'), '');
    await writeFile(
      join(root, 'broken.ts'),
      '/** Adds two numbers together. */ function add(a, b) { return a + ',
    );
    await writeFile(
      join(root, 'latin.py'),
      Buffer.from('def cafe():\n    """Brews a caf\u00e9 for two."""\n    return 1\n', 'latin1'),
    );
    const { pairs, files } = await mineCode([root]);
    expect(files).toBe(4);
    expect(pairs.map(({ query }) => query)).toContain('Brews a café for two');
    for (const { document } of pairs) {
      expect(document.text.length).toBeLessThanOrEqual(2000);
      expect(document.text.isWellFormed()).toBe(true);
    }
  });
});

describe('finding files', () => {
  it('leaves out installed packages, hidden folders, binaries, minified and huge files, and links', async () => {
    const root = await mkdtemp(join(folder, 'tree-'));
    const source =
      '/** Adds two numbers together. */\nexport function add(a, b) { return a + b; }\n';
    for (const place of ['src', 'node_modules/other', '.git', '.hidden']) {
      await mkdir(join(root, place), { recursive: true });
      await writeFile(join(root, place, 'add.js'), source);
    }
    await writeFile(join(root, 'src/add.min.js'), source);
    await writeFile(
      join(root, 'src/packed.js'),
      `var a=1;${'function f(a,b){return a(b)};'.repeat(200)}`,
    );
    await writeFile(join(root, 'src/binary.js'), Buffer.from([0x7f, 0x45, 0, 0, 0]));
    await writeFile(join(root, 'src/huge.js'), `${source}//${' '.repeat(2 ** 20)}`);
    await symlink(root, join(root, 'src/loop'));
    await symlink(fixtures, join(root, 'src/outside'));
    const { pairs, files, skipped } = await mineCode([root]);
    expect(files).toBe(1);
    expect(pairs[0]?.document).toMatchObject({
      doc_path_rel: 'src/add.js',
      repo_slug: expect.stringMatching(/^tree-/),
    });
    expect(skipped).toEqual({
      'installed package': 1,
      'hidden or generated folder': 2,
      minified: 2,
      binary: 1,
      'larger than the limit': 1,
      'symbolic link': 2,
    });
    // A root inside node_modules is what was asked for.
    const inside = await mineCode([join(root, 'node_modules/other')]);
    expect(inside.pairs[0]?.document).toMatchObject({ repo_slug: 'other', doc_path_rel: 'add.js' });
  });

  it('names the missing root', async () => {
    await expect(mineCode([join(folder, 'nowhere')])).rejects.toMatchObject({
      name: 'SourceFolderError',
      message: expect.stringContaining('nowhere'),
    });
  });

  it('skips a file that is removed while others are mined', async () => {
    const root = await mkdtemp(join(folder, 'busy-'));
    for (const name of ['first', 'second']) {
      const comment = `/** Opens the ${name} of all doors. */`;
      await writeFile(join(root, `${name}.ts`), `${comment}\nexport function ${name}Door() {}\n`);
    }
    const mined = await mineCode([root], {
      onProgress: () => rmSync(join(root, 'second.ts'), { force: true }),
    });
    expect(mined.pairs.map(({ query }) => query)).toEqual(['Opens the first of all doors']);
    expect(mined).toMatchObject({ files: 1, skipped: { unreadable: 1 } });
  });

  it('stops when it is aborted', async () => {
    const root = join(folder, 'stopped');
    await cp(fixtures, root, { recursive: true });
    const stop = new AbortController();
    const mining = mineCode([root], { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(mining).rejects.toMatchObject({ name: 'AbortError' });
  });
});
