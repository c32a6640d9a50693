/** Posts JSON to the cloud's address, which is looked at as the connection is made: a name may lead elsewhere than a moment ago. */
import { lookup } from 'node:dns';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface JsonPost {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** @throws for an address that is not to be connected to */
  readonly checkAddress: (address: string) => void;
}

export interface JsonAnswer {
  readonly status: number;
  /** Null where it is no JSON. */
  readonly body: unknown;
}

/** Bytes of an answer at most: scores of a thousand documents are some hundred thousand. */
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
        if (bytes > LONGEST_ANSWER) response.destroy(new Error('the answer does not end'));
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

/** What a connection asks for a name's address; none is connected to before all were looked at. */
function lookupChecked(checkAddress: (address: string) => void): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return callback(error ?? new Error('no address'), '', 0);
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
