/** Posts JSON. The server's address is checked while connecting: a host name can resolve differently each time. */
import { lookup } from 'node:dns';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface JsonPost {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** @throws for an address that must not be connected to */
  readonly checkAddress: (address: string) => void;
}

export interface JsonAnswer {
  readonly status: number;
  /** Null when it is not JSON. */
  readonly body: unknown;
}

/** Bytes of an answer at most. The scores of a thousand documents take about a hundred thousand. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

/** Redirects are not followed. @throws what `checkAddress` threw, the network's errors, the signal's reason */
export async function postJson(url: URL, post: JsonPost): Promise<JsonAnswer> {
  const text = JSON.stringify(post.body);
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  return await new Promise<JsonAnswer>((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      signal: post.signal,
      lookup: lookupChecked(post.checkAddress),
      headers: {
        ...post.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > LONGEST_ANSWER)
          response.destroy(new Error('The response is longer than 16 MiB'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) }),
      );
    });
    sent.end(text);
  });
}

/** Resolves a host name for a connection, after all of its addresses are checked. */
function lookupChecked(checkAddress: (address: string) => void): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first)
        return callback(error ?? new Error('The host name has no address'), '', 0);
      try {
        for (const { address } of addresses) checkAddress(address);
      } catch (refusal) {
        return callback(refusal as Error, '', 0);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
