/** An application's search that reranks and learns: node examples/search-with-feedback.mjs, beside npm start. */
import { createInterface } from 'node:readline';

const service = process.env.RERANKER_URL ?? 'http://127.0.0.1:8012';
async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(service + path, request).catch(() => null);
  if (response === null) throw new Error(`nothing answers at ${service}: npm start begins it`);
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response.json();
}

/** Stands for the search you have: documents with ids, texts and scores. */
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
const lines = terminal[Symbol.asyncIterator]();
async function ask(question) {
  terminal.setPrompt(question);
  terminal.prompt();
  return (await lines.next()).value ?? '';
}
for (let query = await ask('search> '); query !== ''; query = await ask('search> ')) {
  // 1. What the search found goes through the reranker, which keeps what was shown.
  const shown = await post('/api/rerank', { query, documents: search(query) });
  for (const [at, { id, score }] of shown.results.entries()) console.log(at + 1, id, score);
  // 2. What people open goes back to it. From enough of that, npx reranker cycle makes a better model.
  const opened = shown.results[Number(await ask(`by ${shown.model}; open which? `)) - 1];
  if (opened) await post('/api/click', { event_id: shown.event_id, document_id: opened.id });
}
terminal.close();
