/**
 * An application's search that reranks and learns: node examples/search-with-feedback.mjs
 * Needs a service: npx reranker serve
 */
import { createInterface } from 'node:readline/promises';

const service = process.env.RERANKER_URL ?? 'http://127.0.0.1:8012';
const post = async (path, body) => {
  const response = await fetch(service + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response.json();
};

/** Stands for the search you have: documents with ids and scores. */
const documents = {
  'dates.ts': 'export function parseDate(text: string): Date { return new Date(text); }',
  'sockets.ts': 'export function closeSocket(socket: Socket) { socket.end(); }',
  'retry.ts': 'export async function retry(work, times) { /* waits, doubles, tries again */ }',
};
const search = (query) =>
  Object.entries(documents).map(([id, text]) => {
    const words = query.toLowerCase().split(' ');
    return { id, text, score: words.filter((word) => text.toLowerCase().includes(word)).length };
  });

const terminal = createInterface({ input: process.stdin, output: process.stdout });
const ask = (question) => terminal.question(question).catch(() => '');
for (;;) {
  const query = await ask('search> ');
  if (query === '') break;
  // 1. The search's results go through the reranker; it keeps what was shown under event_id.
  const answer = await post('/api/rerank', { query, documents: search(query) });
  for (const [at, { id, score }] of answer.results.entries()) {
    console.log(`${at + 1} ${id} ${score.toFixed(3)}`);
  }
  console.log(`by ${answer.model} (${answer.loss ?? 'shipped'})`);
  // 2. What people open goes back; jobs learn from it: POST /api/reranker/cycle
  const opened = answer.results[Number(await ask('open which? ')) - 1];
  if (opened) await post('/api/click', { event_id: answer.event_id, document_id: opened.id });
}
terminal.close();
