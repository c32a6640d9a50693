/** Posts JSON over one open connection, as the client of a search application does. */
import { Agent, request } from 'node:http';

export function keepAliveClient(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (path, body) =>
    new Promise((resolve, reject) => {
      const text = Buffer.from(JSON.stringify(body));
      const headers = { 'content-type': 'application/json', 'content-length': text.length };
      const call = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers });
      call.on('error', reject);
      call.on('response', (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status } = response;
          resolve({ status, headers: response.headers, body: JSON.parse(Buffer.concat(parts)) });
        });
      });
      call.end(text);
    });
}
