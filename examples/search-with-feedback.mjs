/** A search that reranks its results and sends clicks. Run it beside `npm start`: node examples/search-with-feedback.mjs */
import { createInterface } from 'node:readline';

const service = process.env.RERANKER_URL ?? 'http://127.0.0.1:8012';
async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(service + path, request).catch(() => null);
  if (response === null)
    throw new Error(`No service responds at ${service}. Start it with npm start.`);
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response.json();
}

/** Stands in for your own search, which returns documents with ids, texts and scores. */
const documents = {
  'dates.ts': 'export function parseDate(text: string): Date { return new Date(text); }',
  'sockets.ts': 'export function closeSocket(socket: Socket) { socket.end(); }',
  'retry.ts': 'export async function retry(work, times) { /* waits longer after each failure */ }',
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
  // 1. Rerank the results. The service stores the list that is shown.
  const shown = await post('/api/rerank', { query, documents: search(query) });
  for (const [at, { id, score }] of shown.results.entries()) console.log(at + 1, id, score);
  // 2. Send the document that the user opens. With a few hundred clicks, npx reranker cycle trains a model on them.
  const opened = shown.results[Number(await ask(`ranked by ${shown.model}; open which? `)) - 1];
  if (opened) await post('/api/click', { event_id: shown.event_id, document_id: opened.id });
}
terminal.close();
